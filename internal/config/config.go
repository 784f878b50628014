// Package config is the settings of one server, resolved once from flags and
// environment, checked once, and never read again from anywhere else.
package config

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/sallyport/sallyport/internal/courier"
	"github.com/sallyport/sallyport/internal/keyring"
)

// Names of the environment variables. A flag wins over its variable.
const (
	EnvListen     = "SALLYPORT_LISTEN"
	EnvURL        = "SALLYPORT_URL"
	EnvData       = "SALLYPORT_DATA"
	EnvDatabase   = "SALLYPORT_DATABASE"
	EnvMasterKey  = "SALLYPORT_MASTER_KEY"
	EnvRootKeyID  = "SALLYPORT_ROOT_ACCESS_KEY_ID"
	EnvRootSecret = "SALLYPORT_ROOT_SECRET_ACCESS_KEY"

	EnvKeepRequests    = "SALLYPORT_KEEP_REQUESTS"
	EnvKeepRequestsFor = "SALLYPORT_KEEP_REQUESTS_FOR"
	EnvRequestRate     = "SALLYPORT_REQUEST_RATE"

	EnvSMTP             = "SALLYPORT_SMTP"
	EnvMailFrom         = "SALLYPORT_MAIL_FROM"
	EnvSMSWebhook       = "SALLYPORT_SMS_WEBHOOK"
	EnvSMSWebhookSecret = "SALLYPORT_SMS_WEBHOOK_SECRET"

	EnvCompromisedPasswords = "SALLYPORT_COMPROMISED_PASSWORDS"
)

// SecretVariables are those that hold a secret: the server wipes them from its
// environment once they are read.
var SecretVariables = []string{EnvMasterKey, EnvRootSecret, EnvDatabase, EnvSMTP, EnvSMSWebhook, EnvSMSWebhookSecret}

// Defaults of the flags.
const (
	DefaultListen  = "127.0.0.1:4566"
	DefaultRegion  = "us-east-1"
	DefaultAccount = "000000000000"

	DefaultKeepRequests    = "100000"
	DefaultKeepRequestsFor = "168h"
	DefaultRequestRate     = "10000"
)

// Config is complete and consistent after Resolve.
type Config struct {
	Listen    string // host:port
	URL       string // public base URL, no trailing slash; issuers start with it
	Data      string // folder of database, master key and functions; "" when ephemeral
	Database  keyring.Secret
	Ephemeral bool // everything in memory, gone at the end; allows reset and clock
	Region    string
	Account   string

	KeepRequests    string // as given; Kept is what it means
	KeepRequestsFor string // likewise
	Kept            Kept

	RequestRate string // as given; Rate is what it means
	Rate        int    // requests a second for all APIs of a region on one node; half as many at once

	SMTP             keyring.Secret // URL of the mail server; "" to leave mails in the outbox
	MailFrom         string         // who mails are from
	SMSWebhook       keyring.Secret // where texts are posted to; "" to leave them in the outbox
	SMSWebhookSecret keyring.Secret // signs what is posted

	CompromisedPasswords string // file of hashes of passwords that nobody may have; "" for none

	RootAccessKeyID     string         // "" to make one at first start
	RootSecretAccessKey keyring.Secret // likewise
	MasterKey           keyring.Secret // base64; "" to keep one in Data
}

// Kept is how many decision records of requests the database keeps, and for how
// long. Zero of either keeps none.
type Kept struct {
	Requests int
	For      time.Duration
}

// Limits of Kept.
const (
	maxKeepRequests    = 10_000_000
	maxKeepRequestsFor = 10 * 366 * 24 * time.Hour
)

const maxRequestRate = 1_000_000_000

// Resolve fills what is empty from the environment and the defaults, and
// refuses what cannot work. env is os.Getenv in the program.
func (c Config) Resolve(env func(string) string) (Config, error) {
	fill := func(v *string, name, otherwise string) {
		if *v == "" {
			*v = env(name)
		}
		if *v == "" {
			*v = otherwise
		}
	}
	fill(&c.Listen, EnvListen, DefaultListen)
	fill(&c.URL, EnvURL, "")
	fill(&c.Region, "", DefaultRegion)
	fill(&c.Account, "", DefaultAccount)
	fill(&c.KeepRequests, EnvKeepRequests, DefaultKeepRequests)
	fill(&c.KeepRequestsFor, EnvKeepRequestsFor, DefaultKeepRequestsFor)
	fill(&c.RequestRate, EnvRequestRate, DefaultRequestRate)
	fill(&c.CompromisedPasswords, EnvCompromisedPasswords, "")
	if !c.Ephemeral {
		fill(&c.Data, EnvData, "")
	}
	if c.Database.Reveal() == "" && !c.Ephemeral {
		c.Database = keyring.NewSecret(env(EnvDatabase))
	}
	if c.SMTP.Reveal() == "" {
		c.SMTP = keyring.NewSecret(env(EnvSMTP))
	}
	if c.SMSWebhook.Reveal() == "" {
		c.SMSWebhook = keyring.NewSecret(env(EnvSMSWebhook))
	}
	fill(&c.MailFrom, EnvMailFrom, "")
	c.SMSWebhookSecret = keyring.NewSecret(env(EnvSMSWebhookSecret))
	c.MasterKey = keyring.NewSecret(env(EnvMasterKey))
	c.RootAccessKeyID = env(EnvRootKeyID)
	c.RootSecretAccessKey = keyring.NewSecret(env(EnvRootSecret))

	for _, check := range []func(*Config) error{checkListen, checkURL, checkNames, checkStorage, checkRootKey, checkKept, checkRate, checkMail, checkTexts} {
		if err := check(&c); err != nil {
			return Config{}, err
		}
	}
	return c, nil
}

// checkListen refuses plain HTTP to anyone but loopback: passwords and tokens
// travel on this port.
func checkListen(c *Config) error {
	host, port, err := net.SplitHostPort(c.Listen)
	if err == nil {
		_, err = strconv.ParseUint(port, 10, 16)
	}
	if err != nil {
		return fmt.Errorf("--listen %q is not host:port, such as %s", c.Listen, DefaultListen)
	}
	if !isLoopback(host) {
		return fmt.Errorf("--listen %q would serve plain HTTP to other machines; listen on loopback (such as %s) and put a TLS proxy in front", c.Listen, DefaultListen)
	}
	return nil
}

func checkURL(c *Config) error {
	if c.URL == "" {
		return nil // the server derives it from the address that it really got
	}
	u, err := url.Parse(c.URL)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return fmt.Errorf("--url %q is not a base URL, such as https://auth.example.com", c.URL)
	}
	if u.Scheme == "http" && !isLoopback(u.Hostname()) {
		return fmt.Errorf("--url %q is plain http to another machine; tokens may only travel over https there", c.URL)
	}
	c.URL = strings.TrimRight(c.URL, "/")
	return nil
}

var (
	regionForm  = regexp.MustCompile(`^[a-z]{2,4}(-[a-z]+)+-[0-9]+$`)
	accountForm = regexp.MustCompile(`^[0-9]{12}$`)
)

func checkNames(c *Config) error {
	if !regionForm.MatchString(c.Region) {
		return fmt.Errorf("--region %q is not a region, such as %s", c.Region, DefaultRegion)
	}
	if !accountForm.MatchString(c.Account) {
		return fmt.Errorf("--account %q is not an account id of twelve digits", c.Account)
	}
	return nil
}

func checkStorage(c *Config) error {
	db := c.Database.Reveal()
	if c.Ephemeral {
		if c.Data != "" || db != "" {
			return fmt.Errorf("--ephemeral keeps nothing, so it cannot be combined with --data or --database")
		}
		return nil
	}
	if db != "" && !strings.HasPrefix(db, "postgres://") && !strings.HasPrefix(db, "postgresql://") {
		return fmt.Errorf("--database must be a postgres:// URL (without it, SQLite is used in the data folder)")
	}
	if c.Data != "" {
		abs, err := filepath.Abs(c.Data)
		if err != nil {
			return fmt.Errorf("--data: %w", err)
		}
		c.Data = abs
		return nil
	}
	folder, err := defaultData()
	if err != nil {
		return fmt.Errorf("no home folder to keep data in: name one with --data, or use --ephemeral")
	}
	c.Data = folder
	return nil
}

// defaultData is the user's data folder: $XDG_DATA_HOME/sallyport, or
// ~/.local/share/sallyport (~/Library/Application Support/sallyport on macOS).
func defaultData() (string, error) {
	if x := os.Getenv("XDG_DATA_HOME"); filepath.IsAbs(x) {
		return filepath.Join(x, "sallyport"), nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", err
	}
	return filepath.Join(append([]string{home}, dataBelowHome...)...), nil
}

// accessKeyForm is AWS's: any word characters, which keeps it fit for a header.
var accessKeyForm = regexp.MustCompile(`^[A-Za-z0-9_]{3,128}$`)

func checkRootKey(c *Config) error {
	secret := c.RootSecretAccessKey.Reveal()
	if (c.RootAccessKeyID == "") != (secret == "") {
		return fmt.Errorf("set both %s and %s, or neither", EnvRootKeyID, EnvRootSecret)
	}
	if c.RootAccessKeyID != "" && !accessKeyForm.MatchString(c.RootAccessKeyID) {
		return fmt.Errorf("%s must be 3 to 128 letters, digits and underscores", EnvRootKeyID)
	}
	return nil
}

func checkKept(c *Config) (err error) {
	if c.Kept.Requests, err = strconv.Atoi(c.KeepRequests); err != nil || c.Kept.Requests < 0 || c.Kept.Requests > maxKeepRequests {
		return fmt.Errorf("--keep-requests %q is not a number of requests from 0 to %d", c.KeepRequests, maxKeepRequests)
	}
	if c.Kept.For, err = time.ParseDuration(c.KeepRequestsFor); err != nil || c.Kept.For < 0 || c.Kept.For > maxKeepRequestsFor {
		return fmt.Errorf("--keep-requests-for %q is not a duration such as 168h or 90m, of at most ten years", c.KeepRequestsFor)
	}
	return nil
}

func checkRate(c *Config) (err error) {
	if c.Rate, err = strconv.Atoi(c.RequestRate); err != nil || c.Rate < 2 || c.Rate > maxRequestRate {
		return fmt.Errorf("--request-rate %q is not a number of requests a second from 2 to %d", c.RequestRate, maxRequestRate)
	}
	return nil
}

// checkMail and checkTexts name no value: it may hold a password.
func checkMail(c *Config) error {
	if c.SMTP.Reveal() == "" {
		if c.MailFrom != "" {
			return fmt.Errorf("--mail-from says who mails are from, but nothing sends them: name a mail server with --smtp")
		}
		return nil
	}
	if _, err := courier.ParseMailServer(c.SMTP); err != nil {
		return fmt.Errorf("--smtp cannot be used: %w", err)
	}
	if c.MailFrom == "" {
		return fmt.Errorf("--smtp needs --mail-from: say who mails are from, such as no-reply@example.com")
	}
	if _, err := courier.ParseSender(c.MailFrom); err != nil {
		return fmt.Errorf("--mail-from %q cannot be used: %w", c.MailFrom, err)
	}
	return nil
}

func checkTexts(c *Config) error {
	if c.SMSWebhook.Reveal() == "" {
		return nil
	}
	if _, err := courier.ParseWebhook(c.SMSWebhook.Reveal()); err != nil {
		return fmt.Errorf("--sms-webhook cannot be used: %w", err)
	}
	if err := courier.CheckWebhookSecret(c.SMSWebhookSecret); err != nil {
		return fmt.Errorf("%s, which signs what --sms-webhook is sent, cannot be used: %w", EnvSMSWebhookSecret, err)
	}
	return nil
}

func isLoopback(host string) bool {
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Unmap().IsLoopback()
}
