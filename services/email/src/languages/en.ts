import type { MailCatalog, MailWords } from '../mail-words.ts'

const validity = 'It is good once, for {{validMinutes}} minutes from when it was asked for: until {{expiry}}.'

function codeWords(subject: string, { purpose, unasked }: { purpose: string; unasked: string }): MailWords {
  return { subject, parts: [purpose, { code: 'code' }, validity, unasked] }
}

const loggedIn =
  'If you did not ask for it, somebody is logged in to your account: give the code to nobody, and change your password.'

const notYou =
  'If it was not you, reset your password at once: that ends every session and every app password of your account.'

const codes = {
  'confirm-email': codeWords('Email Confirmation', {
    purpose: 'this code confirms that this e-mail address is yours at {{serviceName}}:',
    unasked:
      'If you did not ask for it, somebody may have typed your address by mistake: you can ignore this mail, and nothing will happen.',
  }),
  'update-email': codeWords('Email Update Requested', {
    purpose:
      'with this code your account at {{serviceName}} can be given another e-mail address than this one:',
    unasked: loggedIn,
  }),
  'reset-password': codeWords('Password Reset Requested', {
    purpose: 'with this code you can choose a new password for your account at {{serviceName}}:',
    unasked:
      'A new password ends every session and every app password. If you did not ask for it, you can ignore this mail, and nothing will happen; give the code to nobody.',
  }),
  'delete-account': codeWords('Account Deletion Requested', {
    purpose:
      'with this code and your password your account at {{serviceName}} is deleted, with everything in it, for good:',
    unasked: loggedIn,
  }),
  'plc-operation': {
    subject: 'PLC Update Operation Requested',
    parts: [
      'with this code {{serviceName}} signs one change of your identity: of the keys that may change it, of its names, or of the server that it lives on:',
      { code: 'code' },
      validity,
      'Which change it is, is only said when the code is used. Another mail then lists what exactly is changed, before and after.',
      '{{#if asked}}The code was asked for at {{moment}} by somebody who is signed in to your account. The identity, the program and its network are:{{/if}}',
      { lines: 'asked' },
      'Who has this code can take your identity elsewhere: give it to nobody but the tool with which you move. If you did not ask for it, somebody is logged in to your account: change your password.',
    ],
  },
  'sign-in-code': codeWords('Sign-in Code', {
    purpose: 'somebody has typed your password at {{serviceName}}. This code completes the sign-in:',
    unasked:
      'Give it to nobody. If it was not you, somebody knows your password: without this code it opens nothing, but change it now.',
  }),
}

const notices = {
  'email-changed': {
    subject: 'Email Address Changed',
    parts: [
      'your account at {{serviceName}} has another e-mail address since {{moment}}: what concerns the account no longer comes to this one.',
      'If it was not you, somebody else has your account: write to whoever runs {{serviceName}} at once.',
    ],
  },
  'password-changed': {
    subject: 'Password Changed',
    parts: [
      'your account at {{serviceName}} has a new password since {{moment}}. Every session and every app password that it had is ended.',
      notYou,
    ],
  },
  'new-sign-in': {
    subject: 'New Sign-In',
    parts: [
      'somebody has signed in to your account at {{serviceName}}{{#if (is kind "passkey")}} with a passkey{{else}} with its password{{/if}}, at {{moment}}, from a device or a network that is new to it:',
      { lines: 'device' },
      { lines: 'address' },
      `If it was you, there is nothing to do. ${notYou}`,
    ],
  },
  'app-password-created': {
    subject: 'App Password Created',
    parts: [
      'your account at {{serviceName}} has a new app password since {{moment}}, by the name of:',
      { lines: 'name' },
      `Whoever has it can use your account until you revoke it. ${notYou}`,
    ],
  },
  'second-factor-on': {
    subject: 'Second Factor Switched On',
    parts: [
      'since {{moment}} whoever signs in to your account at {{serviceName}} with its password is asked for a code as well: {{#if (is factor "app")}}of an authenticator app{{else}}which is mailed to this address{{/if}}.',
      'If it was not you, somebody else has your password. A new password does not switch it off: reset the password at once, and write to whoever runs {{serviceName}}.',
    ],
  },
  'second-factor-off': {
    subject: 'Second Factor Switched Off',
    parts: [
      'since {{moment}} sign-ins to your account at {{serviceName}} are asked for no more codes {{#if (is factor "app")}}of an authenticator app{{else}}by mail{{/if}}. Unless another second factor is switched on, its password alone signs in.',
      notYou,
    ],
  },
  'recovery-codes-renewed': {
    subject: 'Recovery Codes Renewed',
    parts: [
      'your account at {{serviceName}} has new recovery codes since {{moment}}: those that it had before are void.',
      notYou,
    ],
  },
  'second-factors-reset': {
    subject: 'Second Factors Removed',
    parts: [
      'an administrator of {{serviceName}} has taken every second factor from your account: sign-in codes by mail, the authenticator app and recovery codes. From now on your password alone signs in, until you switch one on again.',
      'If you did not ask for it, somebody may have asked in your name: change your password, and write to whoever runs {{serviceName}} at once.',
    ],
  },
  'plc-signed': {
    subject: 'PLC Update Operation Signed',
    parts: [
      'at {{moment}} {{serviceName}} has signed a change of your identity. Once it is submitted to the directory, this is changed:',
      { lines: 'changes' },
      'If it was not you, whoever has a recovery key of your identity can undo the change, within 72 hours of its submission. Write to whoever runs {{serviceName}} at once.',
    ],
  },
  'deletion-done': {
    subject: 'Account Deleted',
    parts: [
      'your account at {{serviceName}} was deleted at {{moment}}, with everything in it. This is the last mail that you get about it.',
    ],
  },
  suspended: {
    subject: 'Account Suspended',
    parts: [
      'your account at {{serviceName}} is suspended until {{until}}. Until then you can use it for nothing but to take it elsewhere; then the suspension ends by itself.',
      'If you think that this is wrong, write to whoever runs {{serviceName}}.',
    ],
  },
  'suspension-over': {
    subject: 'Suspension Ended',
    parts: ['the suspension of your account at {{serviceName}} is over: you can write again.'],
  },
  invite: {
    subject: 'Invitation to {{serviceName}}',
    parts: [
      'you are invited to {{serviceName}}. To make an account you need this code, which is good once:',
      { code: 'code' },
      'Use it in your app, with this as the server:',
      { link: 'url' },
    ],
  },
  test: {
    subject: 'Test of mail from {{serviceName}}',
    parts: [
      'this mail was asked for at {{moment}} by whoever runs {{serviceName}}: mail arrives. There is nothing to do.',
    ],
  },
} satisfies Partial<MailCatalog['mails']>

export const english: MailCatalog = {
  greeting: 'Hello @{{handle}},',
  greetingOfStrangers: 'Hello,',
  help: 'Help',
  mails: { ...codes, ...notices },
}
