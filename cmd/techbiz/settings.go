package main

import "time"

// Settings are the settings of serve. After check every value has its form, and
// the rules between them hold.
type Settings struct {
	Addr    string `default:"127.0.0.1:8080" env:"TECHBIZ_ADDR" group:"server" placeholder:"HOST:PORT" help:"Address to listen on; port 0 takes a free one."`
	BaseURL webURL `name:"base-url" env:"TECHBIZ_BASE_URL" group:"server" placeholder:"URL" help:"Address under which browsers and mails reach the portal, such as https://techbiz.agency.gov.sg. Default: from the address to listen on."`

	TrustedProxies networks `env:"TECHBIZ_TRUSTED_PROXIES" group:"server" placeholder:"NETWORK,..." help:"Networks of the proxies before the portal, such as 10.0.0.0/8: only their X-Forwarded-For says where a request came from."`

	LimitReads     rate `default:"100/s burst 1000" env:"TECHBIZ_LIMIT_READS" group:"server" placeholder:"RATE" help:"How often a token, or a person over all sessions, may read, and how often at once; off for no limit. In the sandbox this machine itself may read without limit."`
	LimitChanges   rate `default:"50/s burst 200" env:"TECHBIZ_LIMIT_CHANGES" group:"server" placeholder:"RATE" help:"How often a token, or a person over all sessions, may change something."`
	LimitStrangers rate `default:"50/s burst 1000" env:"TECHBIZ_LIMIT_STRANGERS" group:"server" placeholder:"RATE" help:"How often a network address may ask for anything without being signed in."`

	Introspection bool `env:"TECHBIZ_INTROSPECTION" group:"server" help:"Let callers of the API read its schema, and officers try queries at /explorer."`

	Storage
	SessionKey hexKey `secret:"" env:"TECHBIZ_SESSION_KEY" group:"storage" placeholder:"HEX" help:"Key of the sessions' cookies, 64 hexadecimal digits, the same on every replica. Default: made once and kept in the data folder."`
	Auditing
	SessionIdle time.Duration `default:"15m" env:"TECHBIZ_SESSION_IDLE" group:"people" placeholder:"TIME" help:"How long an officer stays signed in without doing anything, 1s to 24h."`
	Retention   retention     `default:"730d" env:"TECHBIZ_RETENTION" group:"storage" placeholder:"TIME" help:"How long after its last change an invitation that has ended still tells who it was about, such as 730d; 0 for ever."`
	SessionMax  time.Duration `default:"8h" env:"TECHBIZ_SESSION_MAX" group:"people" placeholder:"TIME" help:"How long an officer stays signed in at most, 1s to 24h."`

	StreamCheck time.Duration `default:"5s" env:"TECHBIZ_STREAM_CHECK" group:"people" placeholder:"TIME" help:"How often an open stream is looked at whether its session or token still counts, 10ms to 1m."`

	AllowedDomains list `env:"TECHBIZ_ALLOWED_DOMAINS" group:"people" placeholder:"DOMAIN,..." help:"Vendors' domains that are allowed from the first start on. Officers' domains always are."`
	Admins         list `env:"TECHBIZ_ADMINS" group:"people" placeholder:"EMAIL,..." help:"Officers who are administrators."`
	Officers

	SignIn

	Directory     string `default:"sandbox" env:"TECHBIZ_DIRECTORY" group:"directory" placeholder:"NAME" help:"Directory in which accounts are created: sandbox, a directory in our own database."`
	Sandbox       bool   `env:"TECHBIZ_SANDBOX" group:"directory" help:"This is a sandbox, whatever its address: what production refuses is allowed. Without it production is any address but loopback, to listen on or as base URL, and any directory but the sandbox."`
	SandboxFaults faults `env:"TECHBIZ_SANDBOX_FAULTS" group:"directory" placeholder:"latency=200ms,fail=0.1,lost=0.05,rate=20" help:"How the sandbox directory misbehaves: time for each call, share of calls that fail, share of answers that are lost, calls a second."`

	SMTPURL  string `name:"smtp-url" secret:"" env:"TECHBIZ_SMTP_URL" group:"mail" placeholder:"smtps://USER:PASSWORD@HOST:465" help:"Relay that mails go to. Default: the sandbox's mailbox, at /sandbox."`
	MailFrom string `default:"TechBiz <no-reply@techbiz.gov.sg>" env:"TECHBIZ_MAIL_FROM" group:"mail" placeholder:"ADDRESS" help:"Sender of the mails."`

	MaxUpload byteSize      `default:"10MiB" env:"TECHBIZ_MAX_UPLOAD" group:"upload" placeholder:"SIZE" help:"Largest workbook, such as 512KiB or 10MiB."`
	Recall    time.Duration `default:"0s" env:"TECHBIZ_RECALL" group:"upload" placeholder:"TIME" help:"How long a confirmed list of users waits and can be called back as a whole, 0s to 15m."`
	MaxRows   int           `default:"10000" env:"TECHBIZ_MAX_ROWS" group:"upload" placeholder:"N" help:"Most users in one workbook."`
	DraftLife time.Duration `default:"720h" env:"TECHBIZ_DRAFT_LIFE" group:"upload" placeholder:"TIME" help:"How long a list that nobody submits is kept after its last change, 1h to 8760h. Its owner gets a mail 3 days before it goes."`

	LinkTechPassGuide  webURL `default:"https://docs.developer.tech.gov.sg/docs/techpass-user-guide/" name:"link-techpass-guide" env:"TECHBIZ_LINK_TECHPASS_GUIDE" group:"links" placeholder:"URL" help:"TechPass user guide."`
	LinkSeedGuide      webURL `default:"https://docs.developer.tech.gov.sg/docs/security-suite-for-engineering-endpoint-devices/" name:"link-seed-guide" env:"TECHBIZ_LINK_SEED_GUIDE" group:"links" placeholder:"URL" help:"SEED documentation."`
	LinkServiceRequest webURL `name:"link-service-request" env:"TECHBIZ_LINK_SERVICE_REQUEST" group:"links" placeholder:"URL" help:"Where to ask for a domain to be allowed. Default: the text stands without a link."`
	LinkTechPassPortal webURL `name:"link-techpass-portal" env:"TECHBIZ_LINK_TECHPASS_PORTAL" group:"links" placeholder:"URL" help:"TechPass portal, for offshore vendors. Default: the text stands without a link."`

	Logging
}

// Storage says where the data is; the commands that need the database share it.
type Storage struct {
	Data             string        `default:"./data" env:"TECHBIZ_DATA" group:"storage" placeholder:"FOLDER" help:"Folder of the SQLite file and the keys that the program makes."`
	DatabaseURL      string        `name:"database-url" secret:"" env:"TECHBIZ_DATABASE_URL" group:"storage" placeholder:"postgres://USER:PASSWORD@HOST/NAME" help:"PostgreSQL database. Default: SQLite in the data folder."`
	DataKeys         dataKeys      `name:"data-keys" secret:"" env:"TECHBIZ_DATA_KEYS" group:"storage" placeholder:"JSON" help:"Keys that contact numbers are sealed with, as techbiz keys create prints them, the same on every replica. Default: made once and kept in the data folder."`
	StatementTimeout time.Duration `default:"30s" env:"TECHBIZ_STATEMENT_TIMEOUT" group:"storage" placeholder:"TIME" help:"Longest time for one statement of the database, 1s to 10m."`
}

// Officers says who is a public officer.
type Officers struct {
	OfficerDomain string `default:"gov.sg" env:"TECHBIZ_OFFICER_DOMAIN" group:"people" placeholder:"DOMAIN" help:"Whoever has an address below this domain is a public officer."`
}

// Logging says how the log looks. It goes to standard error.
type Logging struct {
	LogLevel  string `default:"info" env:"TECHBIZ_LOG_LEVEL" group:"logging" placeholder:"LEVEL" help:"Least level that is logged: debug, info, warn or error."`
	LogFormat string `default:"text" env:"TECHBIZ_LOG_FORMAT" group:"logging" placeholder:"FORMAT" help:"Form of the log: text or json."`
}
