package store_test

import (
	"net"
	"net/url"
	"strings"
	"testing"

	"github.com/sallyport/sallyport/internal/store"
	"github.com/sallyport/sallyport/internal/store/storetest"
)

func TestPostgresRefusalsSayWhatToDoAndNeverThePassword(t *testing.T) {
	good, err := url.Parse(storetest.Postgres(t))
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close() // nobody listens there now
	const password = "hunter2%24secret"
	with := func(change func(u *url.URL)) string {
		u := *good
		u.User = url.UserPassword(u.User.Username(), "hunter2$secret")
		change(&u)
		return u.String()
	}
	for name, c := range map[string]struct{ address, says string }{
		"wrong password":   {with(func(*url.URL) {}), "check user and password"},
		"unknown user":     {with(func(u *url.URL) { u.User = url.UserPassword("nobody", "hunter2$secret") }), "check user and password"},
		"nobody there":     {with(func(u *url.URL) { u.Host = l.Addr().String() }), "cannot be reached"},
		"unknown host":     {with(func(u *url.URL) { u.Host = "no-such-host.invalid" }), "cannot be reached"},
		"not a number":     {"postgres://user:" + password + "@host:port/db", "not valid"},
		"bad escape":       {"postgres://user:hunter2%zz@host/db", "not valid"},
		"another scheme":   {"mysql://user:" + password + "@host/db", "postgres://"},
		"key value":        {"host=x user=y password=hunter2", "postgres://"},
		"unknown setting":  {with(func(u *url.URL) { u.RawQuery = "sslmode=sometimes" }), "setting"},
		"missing rootcert": {with(func(u *url.URL) { u.RawQuery = "sslmode=verify-full&sslrootcert=/nowhere" }), "file"},
	} {
		t.Run(name, func(t *testing.T) {
			refused(t, store.Options{Postgres: c.address}, c.says)
			_, err := store.Open(t.Context(), store.Options{Postgres: c.address})
			if err != nil && strings.Contains(err.Error(), "hunter2") {
				t.Errorf("%q has the password", err)
			}
		})
	}
	missing := *good
	missing.Path = "/nosuch"
	refused(t, store.Options{Postgres: missing.String()}, "no such database", "createdb")
}
