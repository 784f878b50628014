package userpool_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
)

// What a caller says to a pool's functions waits with the message for them: it has
// a length, which is told to whomever they name.
func TestWhatIsSaidToASenderHasALength(t *testing.T) {
	w := newWorld(t)
	o := newPostOffice(w, nil)
	ctx := context.Background()
	w.user(o.pool, "ann", "email", "ann@example.com", "email_verified", "true")
	long, most := map[string]string{"lang": strings.Repeat("x", 128<<10)}, map[string]string{"lang": strings.Repeat("x", 128<<10-4)}
	for _, name := range []string{"ann", "nobody"} {
		ask := func(said map[string]string) error {
			_, err := w.ForgotPassword(ctx, &idp.ForgotPasswordInput{ClientId: o.client.ClientId, Username: &name, ClientMetadata: said})
			return err
		}
		refused(t, ask(long), "InvalidParameterException", "ClientMetadata may have 131072 bytes.")
		if err := ask(most); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, err := w.SignUp(ctx, &idp.SignUpInput{ClientId: o.client.ClientId, Username: aws.String("bob"), Password: aws.String(password), UserAttributes: pairs([]string{"email", "bob@example.com"}), ClientMetadata: long})
	refused(t, err, "InvalidParameterException", "")
	_, err = w.AdminCreateUser(ctx, &idp.AdminCreateUserInput{UserPoolId: o.pool.Id, Username: aws.String("bob"), UserAttributes: pairs([]string{"email", "bob@example.com"}), ClientMetadata: long})
	refused(t, err, "InvalidParameterException", "")
	if got := fmt.Sprint(w.rows("user_pool_users")); got != "1" {
		t.Errorf("%s users", got)
	}
}
