package config_test

import (
	"strings"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/config"
	"github.com/sallyport/sallyport/internal/keyring"
)

func environment(pairs ...string) func(string) string {
	return func(name string) string {
		for i := 0; i < len(pairs); i += 2 {
			if pairs[i] == name {
				return pairs[i+1]
			}
		}
		return ""
	}
}

func TestDefaultsNeedNoSetting(t *testing.T) {
	t.Setenv("HOME", "/home/ann")
	t.Setenv("XDG_DATA_HOME", "")
	c, err := config.Config{}.Resolve(environment())
	if err != nil {
		t.Fatal(err)
	}
	if c.Listen != "127.0.0.1:4566" || c.Region != "us-east-1" || c.Account != "000000000000" {
		t.Errorf("defaults are %+v", c)
	}
	if !strings.HasPrefix(c.Data, "/home/ann/") || !strings.HasSuffix(c.Data, "/sallyport") {
		t.Errorf("data folder is %q", c.Data)
	}
}

func TestAFlagWinsOverItsVariable(t *testing.T) {
	env := environment(config.EnvListen, "127.0.0.1:1", config.EnvURL, "https://env.example", config.EnvData, "/env")
	c, err := config.Config{Listen: "127.0.0.1:2", Data: "/flag"}.Resolve(env)
	if err != nil {
		t.Fatal(err)
	}
	if c.Listen != "127.0.0.1:2" || c.Data != "/flag" || c.URL != "https://env.example" {
		t.Errorf("resolved %+v", c)
	}
}

func TestWhatIsKeptOfRequests(t *testing.T) {
	for name, tc := range map[string]struct {
		given config.Config
		env   []string
		want  config.Kept
	}{
		"by default":   {config.Config{}, nil, config.Kept{Requests: 100_000, For: 168 * time.Hour}},
		"by variables": {config.Config{}, []string{config.EnvKeepRequests, "7", config.EnvKeepRequestsFor, "90m"}, config.Kept{Requests: 7, For: 90 * time.Minute}},
		"a flag wins":  {config.Config{KeepRequests: "8"}, []string{config.EnvKeepRequests, "7"}, config.Kept{Requests: 8, For: 168 * time.Hour}},
		"nothing":      {config.Config{KeepRequests: "0"}, nil, config.Kept{For: 168 * time.Hour}},
		"for no time":  {config.Config{KeepRequestsFor: "0"}, nil, config.Kept{Requests: 100_000}},
	} {
		tc.given.Data = "/data"
		if c, err := tc.given.Resolve(environment(tc.env...)); err != nil || c.Kept != tc.want {
			t.Errorf("%s: %+v, %v", name, c.Kept, err)
		}
	}
}

func TestEphemeralIgnoresTheVariablesOfKeptState(t *testing.T) {
	env := environment(config.EnvData, "/env", config.EnvDatabase, "postgres://h/db")
	c, err := config.Config{Ephemeral: true}.Resolve(env)
	if err != nil {
		t.Fatal(err)
	}
	if c.Data != "" || c.Database.Reveal() != "" {
		t.Errorf("an ephemeral server would keep state in %+v", c)
	}
}

func TestWhatCannotWorkIsRefused(t *testing.T) {
	for name, tc := range map[string]struct {
		given config.Config
		env   []string
		says  string
	}{
		"listen without a port":       {config.Config{Listen: "127.0.0.1"}, nil, "host:port"},
		"listen on no port":           {config.Config{Listen: "127.0.0.1:99999"}, nil, "host:port"},
		"listen on a named port":      {config.Config{Listen: "127.0.0.1:http"}, nil, "host:port"},
		"requests below zero":         {config.Config{KeepRequests: "-1"}, nil, "--keep-requests"},
		"requests without number":     {config.Config{}, []string{config.EnvKeepRequests, "all"}, "--keep-requests"},
		"too many requests":           {config.Config{KeepRequests: "10000001"}, nil, "10000000"},
		"requests for days":           {config.Config{KeepRequestsFor: "7d"}, nil, "168h"},
		"requests for a negative":     {config.Config{}, []string{config.EnvKeepRequestsFor, "-1h"}, "--keep-requests-for"},
		"requests for ever":           {config.Config{KeepRequestsFor: "100000h"}, nil, "ten years"},
		"listen for everyone":         {config.Config{Listen: "0.0.0.0:80"}, nil, "plain HTTP"},
		"listen on every address":     {config.Config{Listen: ":80"}, nil, "plain HTTP"},
		"listen on a LAN address":     {config.Config{Listen: "192.168.1.2:80"}, nil, "plain HTTP"},
		"loopback look-alike":         {config.Config{Listen: "localhost.example.com:80"}, nil, "plain HTTP"},
		"http issuer elsewhere":       {config.Config{URL: "http://auth.example.com"}, nil, "https"},
		"URL with a user":             {config.Config{URL: "https://a:b@example.com"}, nil, "base URL"},
		"URL of another scheme":       {config.Config{URL: "ftp://example.com"}, nil, "base URL"},
		"region of nowhere":           {config.Config{Region: "here"}, nil, "region"},
		"short account":               {config.Config{Account: "1"}, nil, "twelve digits"},
		"ephemeral with a folder":     {config.Config{Ephemeral: true, Data: "/d"}, nil, "--ephemeral"},
		"mail without a sender":       {config.Config{SMTP: keyring.NewSecret("smtps://mail.example.com")}, nil, "--mail-from"},
		"a sender without a way":      {config.Config{MailFrom: "a@x.example"}, nil, "--smtp"},
		"a sender that is two":        {config.Config{MailFrom: "a@x.example, b@x.example"}, []string{config.EnvSMTP, "smtps://mail.example.com"}, "--mail-from"},
		"mail in the clear":           {config.Config{MailFrom: "a@x.example"}, []string{config.EnvSMTP, "smtp://mail.example.com"}, "this machine only"},
		"mail by no mail server":      {config.Config{MailFrom: "a@x.example", SMTP: keyring.NewSecret("https://u:p@mail.example.com")}, nil, "smtps://"},
		"texts in the clear":          {config.Config{SMSWebhook: keyring.NewSecret("http://sms.example.com")}, []string{config.EnvSMSWebhookSecret, "sixteen or more bytes"}, "https://"},
		"texts that nobody signs":     {config.Config{}, []string{config.EnvSMSWebhook, "https://sms.example.com"}, config.EnvSMSWebhookSecret},
		"texts signed by a word":      {config.Config{SMSWebhook: keyring.NewSecret("https://sms.example.com")}, []string{config.EnvSMSWebhookSecret, "pizza"}, "needs 16"},
		"database of another kind":    {config.Config{Database: keyring.NewSecret("mysql://h")}, nil, "postgres://"},
		"half a root key":             {config.Config{}, []string{config.EnvRootKeyID, "AKIAROOT"}, "both"},
		"root key unfit for a header": {config.Config{}, []string{config.EnvRootKeyID, "a b c", config.EnvRootSecret, "s"}, config.EnvRootKeyID},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := tc.given.Resolve(environment(tc.env...))
			if err == nil || !strings.Contains(err.Error(), tc.says) {
				t.Errorf("got %v, want an error that says %q", err, tc.says)
			}
			if err != nil && strings.Contains(err.Error(), "\n") {
				t.Errorf("more than one line: %q", err)
			}
		})
	}
}

func TestADatabaseURLIsNeverPrinted(t *testing.T) {
	_, err := config.Config{Database: keyring.NewSecret("mysql://u:hunter2@h")}.Resolve(environment())
	if err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("error is %v", err)
	}
}

func TestTheRateOfRequestsIsANumberThatCanBe(t *testing.T) {
	for given, want := range map[string]int{"": 10000, "2": 2, "50000": 50000} {
		c, err := config.Config{Ephemeral: true, RequestRate: given}.Resolve(environment())
		if err != nil || c.Rate != want {
			t.Errorf("%q: %d, %v", given, c.Rate, err)
		}
	}
	for _, given := range []string{"0", "1", "-5", "many", "1e6", "10000000000"} {
		if _, err := (config.Config{Ephemeral: true, RequestRate: given}).Resolve(environment()); err == nil {
			t.Errorf("%q was accepted", given)
		}
	}
}

func TestTheListOfCompromisedPasswordsIsNamedByFlagOrVariable(t *testing.T) {
	env := environment(config.EnvCompromisedPasswords, "/env/hashes.txt")
	for want, given := range map[string]config.Config{"/env/hashes.txt": {Ephemeral: true}, "/flag/hashes.txt": {Ephemeral: true, CompromisedPasswords: "/flag/hashes.txt"}} {
		if c, err := given.Resolve(env); err != nil || c.CompromisedPasswords != want {
			t.Errorf("got %q, %v, want %q", c.CompromisedPasswords, err, want)
		}
	}
}
