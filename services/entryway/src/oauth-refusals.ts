/** No app changes the address: its owner does, where the provider's pages show it. */
export const emailIsChangedElsewhere =
  'Use the account manager interface to update email address associated with an account'
