package userpool_test

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
	"github.com/aws/smithy-go"
)

// One network makes so many accounts an hour in a pool, and the others go on.
func TestSignUpsOfANetworkAreLimited(t *testing.T) {
	onEveryEngine(t, func(t *testing.T, w *world) {
		w.service.SetSignUps(3)
		pool, other := w.pool(mailing), w.pool(mailing)
		c, elsewhere := w.client(pool, nil), w.client(other, nil)
		server := w.client(pool, func(in *idp.CreateUserPoolClientInput) { in.GenerateSecret = true })
		for i := range 3 {
			must(w.signUp(c, fmt.Sprint("ann", i), "email", "ann@example.com"))(t)
			_, err := w.signUp(c, fmt.Sprint("ann", i), "email", "ann@example.com") // what makes no account counts for nothing
			refused(t, err, map[bool]string{true: "LimitExceededException", false: "UsernameExistsException"}[i == 2], "")
		}
		_, err := w.signUp(c, "bob", "email", "bob@example.com")
		refused(t, err, "LimitExceededException", "Attempt limit exceeded, please try after some time.")
		must(w.from("127.0.0.9").signUp(c, "bob", "email", "bob@example.com"))(t)
		must(w.signUp(elsewhere, "bob", "email", "bob@example.com"))(t)
		for i := range 5 { // a server stands for many people
			must(w.signUp(server, fmt.Sprint("carol", i), "email", "carol@example.com"))(t)
		}
		w.clock.Advance(61 * time.Minute)
		must(w.signUp(c, "dave", "email", "dave@example.com"))(t)
	})
}

// Many at once are counted like many in a row.
func TestConcurrentSignUpsOfANetworkAreLimited(t *testing.T) {
	onEveryEngine(t, func(t *testing.T, w *world) {
		w.service.SetSignUps(4)
		pool := w.pool(mailing)
		c := w.client(pool, nil)
		var all sync.WaitGroup
		for i := range 16 {
			all.Go(func() { _, _ = w.signUp(c, fmt.Sprint("user", i), "email", "ann@example.com") })
		}
		all.Wait()
		if n := w.rows("user_pool_users"); n != 4 {
			t.Errorf("%d accounts were made, want 4", n)
		}
	})
}

// Names cost nothing: who makes them up runs out of tries for all of them together,
// with a client that hides its users for those who are there, too.
func TestWhatANetworkDoesForMadeUpNamesIsLimited(t *testing.T) {
	onEveryEngine(t, func(t *testing.T, w *world) {
		w.service.SetNames(3)
		pool := w.pool(choosing("EMAIL_OTP"))
		c := w.client(pool, func(in *idp.CreateUserPoolClientInput) { byChoice(in); hiding(in) })
		server := w.client(pool, func(in *idp.CreateUserPoolClientInput) { hiding(in); in.GenerateSecret = true })
		w.proved(pool, "ann")
		for what, try := range map[string]func(w *world, name string) error{
			"forgot":  func(w *world, name string) error { _, err := w.forgot(c, name); return err },
			"resend":  func(w *world, name string) error { _, err := w.resend(c, name); return err },
			"confirm": func(w *world, name string) error { return w.confirm(c, name, "123456") },
			"recover": func(w *world, name string) error { return w.recover(c, name, "123456", newPassword) },
			"sign in": func(w *world, name string) error { _, err := w.prefer(c, name, "EMAIL_OTP"); return err },
		} {
			limited := func(w *world, name string) bool {
				var refusal smithy.APIError // sign-ins have no exception for it
				return errors.As(try(w, name), &refusal) && refusal.ErrorCode() == "LimitExceededException"
			}
			for i := range 3 {
				if limited(w, fmt.Sprint("nobody", i)) {
					t.Errorf("%s: number %d is refused", what, i)
				}
			}
			rows := w.rows("user_pool_allowances") + w.rows("user_pool_codes")
			if !limited(w, "nobody3") || !limited(w, "ann") {
				t.Errorf("%s: a fourth name is not refused", what)
			}
			if n := w.rows("user_pool_allowances") + w.rows("user_pool_codes") - rows; n != 0 {
				t.Errorf("%s: what is refused leaves %d rows", what, n)
			}
			if limited(w.from("127.0.0.9"), "ann") {
				t.Errorf("%s: another network is refused", what)
			}
		}
		for i := range 5 { // a server stands for many people
			name := fmt.Sprint("nobody", i)
			must(w.ForgotPassword(t.Context(), &idp.ForgotPasswordInput{ClientId: server.ClientId, Username: &name, SecretHash: aws.String(secretHash(server, name))}))(t)
		}
		w.clock.Advance(time.Hour)
		must(w.forgot(c, "ann"))(t)
	})
}

// Sign-ins for people who do not exist leave rows that the clock takes away, and
// nothing in memory.
func TestTenThousandSignInsForNobody(t *testing.T) {
	w := newWorld(t)
	pool := w.pool(watched)
	c := w.client(pool, func(in *idp.CreateUserPoolClientInput) { in.PreventUserExistenceErrors = "ENABLED" })
	try := func(i int, from netip.Addr) error {
		call := w.call()
		call.Source = from
		_, err := w.service.InitiateAuth(context.Background(), call, &idp.InitiateAuthInput{
			ClientId: c.ClientId, AuthFlow: "USER_PASSWORD_AUTH", AuthParameters: map[string]string{"USERNAME": fmt.Sprint("nobody", i), "PASSWORD": password},
		})
		return err
	}
	heap := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	one := netip.MustParseAddr("192.0.2.7")
	for i := range 200 { // until everything is warm
		_ = try(i, one)
	}
	before, databaseBefore := heap(), w.rows("user_pool_failures")
	for i := range 5000 { // one address runs out of tries
		refused(t, try(i, one), "NotAuthorizedException", "")
	}
	refused(t, try(0, one), "NotAuthorizedException", "Password attempts exceeded")
	if n := w.rows("user_pool_failures") - databaseBefore; n > 2*1001 {
		t.Errorf("%d rows of one address", n)
	}
	for i := range 5000 { // each from an address of its own
		refused(t, try(i, netip.AddrFrom4([4]byte{10, 0, byte(i >> 8), byte(i)})), "NotAuthorizedException", "")
	}
	if n := w.service.Queues(); n != 0 {
		t.Errorf("%d turns are still waited for", n)
	}
	if n := w.rows("user_pool_auth_events"); n != 0 {
		t.Errorf("%d events of nobody", n)
	}
	w.clock.Advance(16 * time.Minute)
	if err := w.service.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := w.rows("user_pool_failures"); n != 0 {
		t.Errorf("%d rows of failures stay", n)
	}
	// The database is in memory as well, and keeps the pages that it once had.
	const pages = 24 << 20
	if after := heap(); after > before+pages {
		t.Errorf("the heap grew by %d kB", (after-before)>>10)
	}
	if err := try(0, one); err == nil {
		t.Error("nobody signed in")
	}
}

// Names as people write them are names: the pool neither changes nor confuses them.
func TestNamesOfTheWorld(t *testing.T) {
	onEveryEngine(t, func(t *testing.T, w *world) {
		pool := w.pool(func(in *idp.CreateUserPoolInput) {
			in.AliasAttributes = []types.AliasAttributeType{"preferred_username"}
		})
		c := w.client(pool, nil)
		names := []string{"👩‍👩‍👧‍👦", "👋🏽", "محمد", "שלום", "ひらがな", "Ωmega", "Ñandú", "ﬁona", "paul", "pаul", "İstanbul", "istanbul", "ıstanbul", "jos\u00e9", "jose\u0301", strings.Repeat("𝕬", 128)}
		for _, name := range names {
			if strings.ContainsRune(name, '\u200d') { // joined by a character that nobody sees
				_, err := w.signUp(c, name)
				refused(t, err, "InvalidParameterException", "")
				continue
			}
			must(w.signUp(c, name, "preferred_username", "p"+string([]rune(name)[:min(100, len([]rune(name)))]), "name", name+" \u202e"+name))(t)
		}
		for _, name := range names[1:] {
			u := must(w.AdminGetUser(t.Context(), &idp.AdminGetUserInput{UserPoolId: pool.Id, Username: &name}))(t)
			if *u.Username != name {
				t.Errorf("%q is %q", name, *u.Username)
			}
			filter := `username = "` + name + `"`
			found := must(w.ListUsers(t.Context(), &idp.ListUsersInput{UserPoolId: pool.Id, Filter: &filter}))(t).Users
			if len(found) != 1 || *found[0].Username != name {
				t.Errorf("a search for %q finds %d", name, len(found))
			}
			must(w.AdminConfirmSignUp(t.Context(), &idp.AdminConfirmSignUpInput{UserPoolId: pool.Id, Username: &name}))(t)
			tokens := w.tokens(c, name)
			if _, claims := w.claims(*pool.Id, *tokens.IdToken); claims["cognito:username"] != name {
				t.Errorf("the token of %q is %q's", name, claims["cognito:username"])
			}
		}
	})
}

// Ways in which a person might come into another's account by what they say of
// themselves. None of them gets more than their own.
func TestNobodyTakesAnAccountByWhatTheySay(t *testing.T) {
	onEveryEngine(t, func(t *testing.T, w *world) {
		pool := w.pool(func(in *idp.CreateUserPoolInput) {
			mailing(in)
			in.AliasAttributes = []types.AliasAttributeType{"email", "phone_number", "preferred_username"}
			in.UsernameConfiguration = &types.UsernameConfigurationType{CaseSensitive: aws.Bool(false)}
		})
		c := w.client(pool, nil)
		w.user(pool, "victim", "email", "victim@example.com", "email_verified", "true", "preferred_username", "vic")
		w.user(pool, "thief", "email", "thief@example.com", "email_verified", "true")
		if err := w.setPassword(pool, "thief", "Thieving-Magpie-9"); err != nil {
			t.Fatal(err)
		}
		token := must(w.signIn(c, "thief", "Thieving-Magpie-9"))(t).AuthenticationResult.AccessToken
		for name, say := range map[string][]string{
			"the victim's name as one's own":        {"preferred_username", "victim"},
			"in other letters":                      {"preferred_username", "VICTIM"},
			"the victim's other name":               {"preferred_username", "Vic"},
			"the victim's address as a name":        {"preferred_username", "victim@example.com"},
			"that the address is proved":            {"email", "victim@example.com", "email_verified", "true"},
			"that one's own is, without proof":      {"phone_number_verified", "true"},
			"that one is somebody elsewhere":        {"identities", `[{"userId":"1","providerName":"Google"}]`},
			"that one is the victim":                {"sub", *must(w.AdminGetUser(t.Context(), &idp.AdminGetUserInput{UserPoolId: pool.Id, Username: aws.String("victim")}))(t).UserAttributes[0].Value},
			"an address for two":                    {"email", "thief@example.com,victim@example.com"},
			"an address with a comment":             {"email", "victim@example.com(x)"},
			"one with a line of its own for a mail": {"email", "x@example.com\nTo: victim@example.com"},
		} {
			if _, err := w.update(token, say...); err == nil {
				t.Errorf("one may say %s", name)
			}
		}
		// An address may be said before it is proved; until then it is nobody's key.
		must(w.update(token, "email", "Victim@Example.com"))(t)
		if who := must(w.AdminGetUser(t.Context(), &idp.AdminGetUserInput{UserPoolId: pool.Id, Username: aws.String("victim@example.com")}))(t); *who.Username != "victim" {
			t.Error("the address is the thief's")
		}
		if w.attribute(pool, "thief", "email_verified") == "true" {
			t.Error("it counts as proved")
		}
		must(w.forgot(c, "victim@example.com"))(t)
		if m := w.outbox.last(t); m.Username != "victim" {
			t.Errorf("a code goes to %s", m.Username)
		}
		_, err := w.forgot(c, "thief") // nowhere that is proved
		refused(t, err, "InvalidParameterException", "")
		_, err = w.signIn(c, "victim@example.com", "Thieving-Magpie-9")
		refused(t, err, "NotAuthorizedException", "")
		_, err = w.signIn(c, "thief@example.com", "Thieving-Magpie-9") // given up with the proof
		refused(t, err, "UserNotFoundException", "")
		must(w.signIn(c, "victim@example.com", password))(t)
	})
}
