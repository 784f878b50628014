package userpool_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
)

// Some things are done for a user and some are not, and for nobody is none: where
// codes are said to go must not tell who is who.
func TestCodesOfOneNameAreSaidToGoToOnePlace(t *testing.T) {
	onEveryEngine(t, func(t *testing.T, w *world) {
		pool := w.pool(choosing("EMAIL_OTP"))
		c := w.client(pool, func(in *idp.CreateUserPoolClientInput) { byChoice(in); hiding(in) })
		for _, name := range []string{"confirmed", "kept-out"} {
			w.user(pool, name, "email", "q@z.org", "email_verified", "true")
		}
		must(w.AdminDisableUser(t.Context(), &idp.AdminDisableUserInput{UserPoolId: pool.Id, Username: aws.String("kept-out")}))(t)
		must(w.signUp(c, "waiting", "email", "q@z.org"))(t)
		if err := w.create(pool, "invited", "email", "q@z.org", "email_verified", "true"); err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"confirmed", "kept-out", "waiting", "invited", "nobody", "nobody@example.com"} {
			recovery, resent := must(w.forgot(c, name))(t), must(w.resend(c, name))(t)
			if *recovery.Destination != *resent.Destination || *recovery.AttributeName != *resent.AttributeName {
				t.Errorf("%s: %s and %s", name, *recovery.Destination, *resent.Destination)
			}
		}
		if d := must(w.forgot(c, "waiting"))(t); *d.Destination != "q***@z***" {
			t.Errorf("who waits is told of %s", *d.Destination)
		}
		must(w.join(c, "joining", "email", "q@z.org"))(t)
		for _, name := range []string{"joining", "nobody"} { // neither can sign in
			want := *must(w.resend(c, name))(t).Destination
			at := must(w.prefer(c, name, "EMAIL_OTP"))(t)
			chosen := must(w.answerTo(c, "SELECT_CHALLENGE", must(w.choose(c, name))(t).Session, name, "ANSWER", "EMAIL_OTP"))(t)
			if got := at.ChallengeParameters["CODE_DELIVERY_DESTINATION"]; got != want {
				t.Errorf("%s signs in by %s, and confirms by %s", name, got, want)
			}
			if got := chosen.ChallengeParameters["CODE_DELIVERY_DESTINATION"]; got != want {
				t.Errorf("%s chooses %s, and confirms by %s", name, got, want)
			}
		}
	})
}
