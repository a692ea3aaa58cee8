/** Labels that sound like the house itself, its staff or its machinery: nobody gets them under a handle domain by signing up. */
export const reservedLabels: ReadonlySet<string> = new Set(
  `
  about abuse access account accounts activate ad address admin administration administrator administrators admins ads
  advertising affiliate affiliates ajax alert alerts analytics android announcement announcements anonymous anybody anyone
  api app appeal appeals apple apps archive assets atom atproto auth authentication authorize autoconfig autodiscover avatar
  backup banner beta billing blob blobs blog blogs bluesky board bot bots broadcasthost bsky bug bugs business
  cache calendar callback careers cart cdn changelog chat check checkout client clients code comment comments community
  compliance config connect console contact contribute cookie cookies copyright council css customer customers
  dashboard data database debug default delete demo deploy dev developer developers did dmca dns doc docs documentation
  domain domains download downloads
  edit editor email embed employee enterprise entryway error errors event events everybody everyone example explore export
  faq favicon feed feedback feeds file files firehose follow forgot forum forums ftp
  gateway git graph group groups guest guests guide guidelines
  handle handles hash health help helpdesk heronry home host hosting hostmaster hostname html http https
  icon image images imap import inbox index info inquiry instance internal invite invites invoice ipfs ipv4 ipv6 issues
  isatap jobs join json jwks
  keys knowledge kubernetes
  label labeler labels landing law lawyer legal lexicon lexicons license licensing link links list lists live localdomain
  localhost log login logout logs
  mail mailer mailing maintainer maintenance manage manager media member members messages metadata metrics mobile mod
  moderation moderator moderators mods monitor monitoring
  nameserver network networks news newsletter nobody noc none noreply notification notifications null
  oauth official onboarding operator operators order org organization outage owner owners owns
  page pages partner partners password passwords pay payment payments pds permissions ping pixel plan plans plc policies
  policy pop pop3 popular portal portfolio post postmaster posts premium press pricing privacy private production profile
  profiles project projects promo proxy public purchase
  query queue quota
  random recovery redirect refund register registration registry relay remove reply report reports request requests
  reset resolve resolver return robots root router rss rules
  safety sale sales sample sandbox schema search secure security self send seo server servers service services session sessions
  setting settings setup shop sign signin signout signup site sitemap sites smtp source spam spec sql ssh ssl staff
  staging start static statistics stats status storage store stream streams style stylesheet subdomain subscribe
  subscription subscriptions superuser support survey sync sysadmin sysop system systems
  tag tags team teams telnet terms test tester testing tests tls token tokens tool tools tos trademark translate trending
  trial trust
  undefined unknown unsubscribe update updates upgrade upload uploads usage user username users
  validation vault verification verified verify version video videos void
  wallet web webhook webhooks webmail webmaster website welcome well-known widget widgets wiki worker workers wpad www
  xml xrpc
  `
    .trim()
    .split(/\s+/),
)
