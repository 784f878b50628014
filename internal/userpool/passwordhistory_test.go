package userpool_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
)

func remembering(n int32) func(*idp.CreateUserPoolInput) {
	return func(in *idp.CreateUserPoolInput) {
		mailing(in)
		in.Policies = &types.UserPoolPolicyType{PasswordPolicy: &types.PasswordPolicyType{MinimumLength: aws.Int32(8), PasswordHistorySize: &n}}
	}
}

func (w *world) setPassword(pool *types.UserPoolType, name, password string) error {
	_, err := w.AdminSetUserPassword(w.t.Context(), &idp.AdminSetUserPasswordInput{UserPoolId: pool.Id, Username: &name, Password: &password, Permanent: true})
	return err
}

func TestTheLastPasswordsCannotBeSetAgain(t *testing.T) {
	onEveryEngine(t, func(t *testing.T, w *world) {
		pool := w.pool(remembering(3))
		if p := must(w.DescribeUserPool(t.Context(), &idp.DescribeUserPoolInput{UserPoolId: pool.Id}))(t).UserPool.Policies.PasswordPolicy; p.PasswordHistorySize == nil || *p.PasswordHistorySize != 3 {
			t.Errorf("the policy is shown as %+v", p)
		}
		c := w.client(pool, nil)
		w.proved(pool, "ann") // with password
		const code, text = "PasswordHistoryPolicyViolationException", "Password has previously been used"
		refused(t, w.setPassword(pool, "ann", password), code, text)
		for _, p := range []string{"horse-number-1", "horse-number-2"} {
			if err := w.setPassword(pool, "ann", p); err != nil {
				t.Fatal(err)
			}
		}
		for _, p := range []string{password, "horse-number-1", "horse-number-2"} {
			refused(t, w.setPassword(pool, "ann", p), code, text)
		}
		token := must(w.signIn(c, "ann", "horse-number-2"))(t).AuthenticationResult.AccessToken
		_, err := w.ChangePassword(t.Context(), &idp.ChangePasswordInput{AccessToken: token, PreviousPassword: aws.String("horse-number-2"), ProposedPassword: aws.String("horse-number-1")})
		refused(t, err, code, text)
		must(w.ChangePassword(t.Context(), &idp.ChangePasswordInput{AccessToken: token, PreviousPassword: aws.String("horse-number-2"), ProposedPassword: aws.String("horse-number-3")}))(t)
		must(w.forgot(c, "ann"))(t)
		sent := w.outbox.last(t).Code
		refused(t, w.recover(c, "ann", sent, "horse-number-1"), code, text)
		// The first is forgotten by now, and what was refused left the code good.
		if err := w.recover(c, "ann", sent, password); err != nil {
			t.Fatal(err)
		}
		// An old password is one to remember, not one to sign in with.
		_, err = w.signIn(c, "ann", "horse-number-3")
		refused(t, err, "NotAuthorizedException", "")

		// Another user's are no matter, and neither are hashes of a pool that forgets.
		w.user(pool, "bob")
		if err := w.setPassword(pool, "bob", "horse-number-3"); err != nil {
			t.Error(err)
		}
		must(w.UpdateUserPool(t.Context(), &idp.UpdateUserPoolInput{UserPoolId: pool.Id}))(t)
		if err := w.setPassword(pool, "ann", password); err != nil {
			t.Error(err)
		}
		users, _, err := w.service.Documents(t.Context(), *pool.Id)
		if err != nil {
			t.Fatal(err)
		}
		for _, u := range users {
			if u.Username == "ann" && len(u.Former) != 0 {
				t.Errorf("%d hashes are kept for nothing", len(u.Former))
			}
		}
	})
}

// A new password in the place of a temporary one is held against the history,
// too, and may be tried so often only: each former one costs a hash.
func TestTriesAgainstTheHistoryAreBounded(t *testing.T) {
	w := newWorld(t)
	pool := w.pool(remembering(24))
	c := w.client(pool, nil)
	w.user(pool, "ann")
	for i := range 30 {
		if err := w.setPassword(pool, "ann", fmt.Sprint("horse-number-", i)); err != nil {
			t.Fatal(err)
		}
	}
	users, _, err := w.service.Documents(t.Context(), *pool.Id)
	if err != nil || len(users[0].Former) != 23 {
		t.Fatalf("%d hashes are kept beside the password (%v), want 23", len(users[0].Former), err)
	}
	refused(t, w.setPassword(pool, "ann", "horse-number-6"), "PasswordHistoryPolicyViolationException", "")
	if _, err := w.AdminSetUserPassword(t.Context(), &idp.AdminSetUserPasswordInput{UserPoolId: pool.Id, Username: aws.String("ann"), Password: aws.String("horse-number-1")}); err != nil {
		t.Fatal(err) // 24 passwords ago
	}
	asked := must(w.signIn(c, "ann", "horse-number-1"))(t)
	for range 10 {
		_, err := w.answer(c, asked.Session, map[string]string{"USERNAME": "ann", "NEW_PASSWORD": "horse-number-20"})
		refused(t, err, "PasswordHistoryPolicyViolationException", "")
	}
	_, err = w.answer(c, asked.Session, map[string]string{"USERNAME": "ann", "NEW_PASSWORD": "horse-number-20"})
	refused(t, err, "LimitExceededException", "")
	w.clock.Advance(61 * time.Minute)
	asked = must(w.signIn(c, "ann", "horse-number-1"))(t)
	must(w.answer(c, asked.Session, map[string]string{"USERNAME": "ann", "NEW_PASSWORD": "horse-number-99"}))(t)
}
