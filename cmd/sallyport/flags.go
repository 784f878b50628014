package main

import (
	"os"
	"strings"

	"github.com/spf13/pflag"

	"github.com/sallyport/sallyport/internal/config"
	"github.com/sallyport/sallyport/internal/keyring"
)

// serverFlags are the flags that say which server is meant: one for all
// commands that start a server or look into one.
type serverFlags struct {
	config   config.Config
	database string
	smtp     string
	webhook  string
}

func (f *serverFlags) add(flags *pflag.FlagSet) {
	flags.StringVar(&f.config.Listen, "listen", "", "address to listen on (default "+config.DefaultListen+") ["+config.EnvListen+"]")
	flags.StringVar(&f.config.URL, "url", "", "public base URL, with which issuers begin (default: from --listen) ["+config.EnvURL+"]")
	flags.StringVar(&f.config.Data, "data", "", "folder for the database, the master key and functions (default: in the user's data folder) ["+config.EnvData+"]")
	flags.StringVar(&f.database, "database", "", "postgres:// URL instead of SQLite; better set in the environment ["+config.EnvDatabase+"]")
	flags.BoolVar(&f.config.Ephemeral, "ephemeral", false, "of a server for tests: all is in memory, and they may reset it and move its clock")
	flags.StringVar(&f.config.Region, "region", "", "region of what names none (default "+config.DefaultRegion+")")
	flags.StringVar(&f.config.Account, "account", "", "account id of this deployment (default "+config.DefaultAccount+")")
}

// addKeeping adds the flags that matter to who starts a server only.
func (f *serverFlags) addKeeping(flags *pflag.FlagSet) {
	flags.StringVar(&f.config.KeepRequests, "keep-requests", "", "how many requests' decision records to keep; 0 for none (default "+config.DefaultKeepRequests+") ["+config.EnvKeepRequests+"]")
	flags.StringVar(&f.config.KeepRequestsFor, "keep-requests-for", "", "for how long, such as 90m; 0 for none (default "+config.DefaultKeepRequestsFor+") ["+config.EnvKeepRequestsFor+"]")
	flags.StringVar(&f.config.RequestRate, "request-rate", "", "requests a second that all APIs of a region may have together, half as many at once; more are answered 429 (default "+config.DefaultRequestRate+", as at AWS) ["+config.EnvRequestRate+"]")
	flags.StringVar(&f.smtp, "smtp", "", "smtps://USER:PASSWORD@HOST:PORT or smtp+starttls://… of the server that mails leave by; better set in the environment (default: they stay in sallyport outbox) ["+config.EnvSMTP+"]")
	flags.StringVar(&f.config.MailFrom, "mail-from", "", "who mails are from, such as \"Pizza <no-reply@example.com>\" ["+config.EnvMailFrom+"]")
	flags.StringVar(&f.webhook, "sms-webhook", "", "https URL that texts are posted to, signed with "+config.EnvSMSWebhookSecret+" (default: they stay in sallyport outbox) ["+config.EnvSMSWebhook+"]")
	flags.StringVar(&f.config.CompromisedPasswords, "compromised-passwords", "", "file of passwords that nobody may have: SHA-1 or SHA-256 in hex, one a line, sorted, with :count or without ["+config.EnvCompromisedPasswords+"]")
}

// resolve reads the environment, and wipes the secrets that it holds from what
// other processes of this user can see.
func (f *serverFlags) resolve() (config.Config, error) {
	f.config.Database = keyring.NewSecret(strings.Clone(f.database))
	f.config.SMTP, f.config.SMSWebhook = keyring.NewSecret(strings.Clone(f.smtp)), keyring.NewSecret(strings.Clone(f.webhook))
	c, err := f.config.Resolve(os.Getenv)
	wipeSecrets(config.SecretVariables)
	if err != nil {
		return config.Config{}, usageError{err}
	}
	return c, nil
}
