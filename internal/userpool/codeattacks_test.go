package userpool_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
	"github.com/aws/smithy-go"

	"github.com/sallyport/sallyport/internal/store"
)

// from is the same world as it is reached from another address of this machine.
func (w *world) from(address string) *world {
	dialer := &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(address)}}
	transport := &http.Transport{DialContext: dialer.DialContext}
	w.t.Cleanup(transport.CloseIdleConnections)
	elsewhere := *w
	elsewhere.http = &http.Client{Transport: transport}
	elsewhere.Client = elsewhere.in(region)
	return &elsewhere
}

func (w *world) verify(token *string, attribute, code string) error {
	_, err := w.VerifyUserAttribute(context.Background(), &idp.VerifyUserAttributeInput{AccessToken: token, AttributeName: &attribute, Code: &code})
	return err
}

func (w *world) askCode(token *string, attribute string) (*types.CodeDeliveryDetailsType, error) {
	out, err := w.GetUserAttributeVerificationCode(context.Background(), &idp.GetUserAttributeVerificationCodeInput{AccessToken: token, AttributeName: &attribute})
	if err != nil {
		return nil, err
	}
	return out.CodeDeliveryDetails, nil
}

func TestACodeOpensNothingElse(t *testing.T) {
	w := newWorld(t)
	pool, elsewhere := w.pool(mailing), w.pool(mailing)
	c, other, foreign := w.client(pool, nil), w.client(pool, nil), w.client(elsewhere, nil)

	must(w.signUp(c, "ann", "email", "ann@example.com"))(t)
	ann := w.outbox.last(t).Code
	// Codes of two people may be the same by chance; a test is not left to it.
	differs := func(again func()) string {
		for again(); w.outbox.last(t).Code == ann; again() {
		}
		return w.outbox.last(t).Code
	}
	must(w.signUp(c, "bob", "email", "bob@example.com"))(t)
	bob := differs(func() { must(w.resend(c, "bob"))(t) })
	must(w.signUp(foreign, "ann", "email", "ann@example.com"))(t)
	foreignCode := differs(func() { must(w.resend(foreign, "ann"))(t) })
	for name, err := range map[string]error{
		"of another user":              w.confirm(c, "ann", bob),
		"of the same name's elsewhere": w.confirm(c, "ann", foreignCode),
		"through another client":       w.confirm(other, "ann", ann),
		"nothing":                      w.confirm(c, "ann", "0"),
		"with spaces":                  w.confirm(c, "ann", " "+ann),
		"twice over":                   w.confirm(c, "ann", ann+ann),
		"in other digits":              w.confirm(c, "ann", "١٢٣٤٥٦"),
		"enormous":                     w.confirm(c, "ann", strings.Repeat(ann, 1000)),
	} {
		t.Run(name, func(t *testing.T) { refused(t, err, "CodeMismatchException", wrongCode) })
	}
	refused(t, w.confirm(foreign, "bob", bob), "UserNotFoundException", notFound)
	refused(t, w.recover(c, "ann", ann, newPassword), "ExpiredCodeException", noCode)
	if err := w.confirm(c, "ann", ann); err != nil { // of which nothing was used up
		t.Fatal(err)
	}

	tokens := w.tokens(c, "ann")
	must(w.forgot(c, "ann"))(t)
	forgotten := w.outbox.last(t).Code
	refused(t, w.verify(tokens.AccessToken, "email", forgotten), "ExpiredCodeException", noCode)
	must(w.askCode(tokens.AccessToken, "email"))(t)
	verifying := w.outbox.last(t).Code
	if verifying != forgotten {
		refused(t, w.recover(c, "ann", verifying, newPassword), "CodeMismatchException", wrongCode)
		refused(t, w.verify(tokens.AccessToken, "email", forgotten), "CodeMismatchException", wrongCode)
	}
	refused(t, w.verify(tokens.AccessToken, "phone_number", verifying), "ExpiredCodeException", noCode)
	refused(t, w.verify(tokens.AccessToken, "name", verifying), "InvalidParameterException", "")
	if err := w.verify(tokens.AccessToken, "email", verifying); err != nil {
		t.Error(err)
	}
	refused(t, w.verify(tokens.AccessToken, "email", verifying), "ExpiredCodeException", noCode)
}

func TestAHundredGuessesFail(t *testing.T) {
	onEveryEngine(t, func(t *testing.T, w *world) {
		pool := w.pool(mailing)
		c := w.client(pool, nil)
		w.proved(pool, "ann")
		must(w.forgot(c, "ann"))(t)
		code := w.outbox.last(t).Code
		var group sync.WaitGroup
		var mu sync.Mutex
		got := map[string]int{}
		for i := range 100 {
			group.Go(func() {
				var modelled smithy.APIError
				if err := w.recover(c, "ann", notThe(code, i), newPassword); errors.As(err, &modelled) {
					mu.Lock()
					defer mu.Unlock()
					got[modelled.ErrorCode()]++
				} else {
					t.Errorf("a guess gets %v", err)
				}
			})
		}
		group.Wait()
		if got["CodeMismatchException"] != 15 || got["LimitExceededException"] != 85 {
			t.Errorf("got %v", got)
		}
		refused(t, w.recover(c, "ann", code, newPassword), "LimitExceededException", tooOften)
		// From elsewhere the right code comes too late as well: the guesses have ended it.
		refused(t, w.from("127.0.0.2").recover(c, "ann", code, newPassword), "ExpiredCodeException", noCode)
		// The owner asks for another, which nobody has guessed at.
		there := w.from("127.0.0.2")
		must(there.forgot(c, "ann"))(t)
		if err := there.recover(c, "ann", w.outbox.last(t).Code, newPassword); err != nil {
			t.Error(err)
		}
	})
}

// Who has many addresses neither guesses without end nor fills a mailbox.
func TestManyAddressesAreLimitedTogether(t *testing.T) {
	w := newWorld(t)
	pool := w.pool(mailing)
	c := w.client(pool, nil)
	w.proved(pool, "ann")
	sent := 0
	for i := range 10 {
		there := w.from(fmt.Sprintf("127.0.1.%d", i+1))
		for range 3 {
			if _, err := there.forgot(c, "ann"); err == nil {
				sent++
			} else {
				refused(t, err, "LimitExceededException", tooOften)
			}
		}
	}
	if sent != 20 {
		t.Errorf("%d messages in an hour", sent)
	}
	w.proved(pool, "bob") // whom that does not touch
	must(w.forgot(c, "bob"))(t)
	w.clock.Advance(time.Hour)
	must(w.forgot(c, "ann"))(t)
}

// A client that hides its users gives the same answers, step by step, for a user
// who is not there or must not be told of as for one who is.
func TestHiddenUsersAreLikeAnyOther(t *testing.T) {
	onEveryEngine(t, func(t *testing.T, w *world) {
		pool := w.pool(mailing)
		c := hidingTo(w, pool)
		ctx := t.Context()
		for _, name := range []string{"somebody", "kept-out", "no-address"} {
			w.user(pool, name, "email", "s@x.org", "email_verified", map[bool]string{true: "false", false: "true"}[name == "no-address"])
		}
		must(w.AdminDisableUser(ctx, &idp.AdminDisableUserInput{UserPoolId: pool.Id, Username: aws.String("kept-out")}))(t)
		if err := w.create(pool, "invited", "email", "s@x.org", "email_verified", "true"); err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"waiting", "waiting-too"} {
			must(w.signUp(c, name, "email", "s@x.org"))(t)
		}
		must(w.signUp(c, "waiting-in-vain"))(t)
		must(w.AdminDisableUser(ctx, &idp.AdminDisableUserInput{UserPoolId: pool.Id, Username: aws.String("waiting-too")}))(t)
		story := func(err error) string {
			var modelled smithy.APIError
			if !errors.As(err, &modelled) {
				return fmt.Sprint(err)
			}
			return modelled.ErrorCode() + " " + modelled.ErrorMessage()
		}
		shape := func(d *types.CodeDeliveryDetailsType, err error) string {
			if err != nil {
				return story(err)
			}
			first, second, _ := strings.Cut(*d.Destination, "@")
			return fmt.Sprintf("%s %s %d %d", *d.AttributeName, d.DeliveryMedium, len(first), len(second))
		}
		recovery := func(name string) (steps []string) {
			steps = append(steps, story(w.recover(c, name, "123456", newPassword)))
			steps = append(steps, shape(w.forgot(c, name)))
			for range 16 {
				steps = append(steps, story(w.recover(c, name, "12345x", newPassword)))
			}
			for range 5 {
				steps = append(steps, shape(w.forgot(c, name)))
			}
			return steps
		}
		want := recovery("somebody")
		if want[0] != "ExpiredCodeException "+noCode || want[1] != "email EMAIL 4 4" || want[2] != "CodeMismatchException "+wrongCode || want[17] != "LimitExceededException "+tooOften || want[22] != want[17] {
			t.Errorf("somebody's story is %q", want)
		}
		for _, name := range []string{"nobody", "kept-out", "no-address", "invited"} {
			if got := recovery(name); fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("%s: %q, want %q", name, got, want)
			}
		}
		confirming := func(name string) (steps []string) {
			for range 2 {
				steps = append(steps, shape(w.resend(c, name)), story(w.confirm(c, name, "12345x")))
			}
			return steps
		}
		want = confirming("waiting")
		if want[0] != "email EMAIL 4 4" || want[1] != "CodeMismatchException "+wrongCode {
			t.Errorf("the story of who waits is %q", want)
		}
		for _, name := range []string{"nobody", "somebody", "waiting-too", "waiting-in-vain", "kept-out"} {
			if got := confirming(name); fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("%s: %q, want %q", name, got, want)
			}
		}
		// One name gets one answer, and one that is an address is told of that address.
		one, two := must(w.from("127.0.0.3").forgot(c, "nobody"))(t), must(w.from("127.0.0.4").forgot(c, "nobody"))(t)
		if *one.Destination != *two.Destination {
			t.Errorf("nobody's code goes to %s and to %s", *one.Destination, *two.Destination)
		}
		if d := must(w.forgot(c, "Quentin@Example.com"))(t); details(d) != "email EMAIL q***@e***" {
			t.Errorf("got %s", details(d))
		}
		for _, m := range w.outbox.sent {
			if m.Purpose == "forgot-password" && m.Username != "somebody" || m.Purpose == "sign-up" && !strings.HasPrefix(m.Username, "waiting") {
				t.Errorf("a message went out to %s", m.Username)
			}
		}
	})
}

// Letters that look alike are different letters: a code for one address is never
// one for the other.
func TestAddressesThatLookAlike(t *testing.T) {
	w := newWorld(t)
	pool := w.pool(func(in *idp.CreateUserPoolInput) {
		mailing(in)
		in.AliasAttributes = []types.AliasAttributeType{"email"}
		in.UsernameConfiguration = &types.UsernameConfigurationType{CaseSensitive: aws.Bool(false)}
	})
	c := w.client(pool, nil)
	w.user(pool, "victim", "email", "paypal@example.com", "email_verified", "true")
	for i, alike := range []string{"pаypal@example.com", "рaypal@example.com", "paypaⅼ@example.com"} {
		name := fmt.Sprintf("thief%d", i)
		must(w.signUp(c, name, "email", alike))(t)
		m := w.outbox.last(t)
		if m.To != alike {
			t.Errorf("the code went to %q", m.To)
		}
		if err := w.confirm(c, name, m.Code); err != nil {
			t.Errorf("%s: %v", alike, err)
		}
		must(w.forgot(c, alike))(t)
		if m := w.outbox.last(t); m.To != alike || m.Username != name {
			t.Errorf("a code for %q went to %q of %s", alike, m.To, m.Username)
		}
	}
	// Neither is a letter that Unicode only lowers to another one (the sign for Kelvin).
	w.user(pool, "kate", "email", "kate@example.com", "email_verified", "true")
	must(w.signUp(c, "kelvin", "email", "\u212aate@example.com"))(t)
	if err := w.confirm(c, "kelvin", w.outbox.last(t).Code); err != nil {
		t.Error(err)
	}
	for address, name := range map[string]string{"\u212aate@example.com": "kelvin", "kate@example.com": "kate", "KATE@EXAMPLE.COM": "kate"} {
		must(w.forgot(c, address))(t)
		if m := w.outbox.last(t); m.Username != name {
			t.Errorf("a code for %q went to %q of %s", address, m.To, m.Username)
		}
	}
}

func TestCodesAreKeptNowhere(t *testing.T) {
	w := newWorld(t)
	pool := w.pool(mailing)
	c := w.client(pool, nil)
	must(w.signUp(c, "ann", "email", "ann@example.com"))(t)
	code := w.outbox.last(t).Code
	must(w.resend(c, "ann"))(t)
	again := w.outbox.last(t).Code
	rows := store.NewTable(store.Schema[map[string]any]{Table: "user_pool_codes", Key: []store.Column[map[string]any]{{Name: "id", Value: func(*map[string]any) any { return "" }}}})
	for _, row := range must(rows.List(t.Context(), w.db, ""))(t) {
		for name, value := range *row {
			if fmt.Sprint(value) == code || fmt.Sprint(value) == again {
				t.Errorf("it is kept as %s", name)
			}
		}
	}
	if err := w.confirm(c, "ann", again); err != nil {
		t.Fatal(err)
	}
	w.records.mu.Lock()
	defer w.records.mu.Unlock()
	for _, text := range []string{" " + code, " " + again, password, "ann@example.com"} {
		if strings.Contains(w.records.text.String(), text) {
			t.Errorf("the record holds %q", text)
		}
	}
}
