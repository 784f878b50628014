package userpool_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
)

const (
	wrongCode   = "Invalid verification code provided, please try again."
	noCode      = "Invalid code provided, please request a code again."
	tooOften    = "Attempt limit exceeded, please try after some time."
	notFound    = "Username/client id combination not found."
	oldPassword = password
	newPassword = "Battery-Staple-8"
)

func (w *world) signUp(c *types.UserPoolClientType, name string, attributes ...string) (*idp.SignUpOutput, error) {
	in := &idp.SignUpInput{ClientId: c.ClientId, Username: &name, Password: aws.String(password), UserAttributes: pairs(attributes)}
	if c.ClientSecret != nil {
		in.SecretHash = aws.String(secretHash(c, name))
	}
	return w.SignUp(context.Background(), in)
}

func (w *world) confirm(c *types.UserPoolClientType, name, code string) error {
	_, err := w.ConfirmSignUp(context.Background(), &idp.ConfirmSignUpInput{ClientId: c.ClientId, Username: &name, ConfirmationCode: &code})
	return err
}

func (w *world) resend(c *types.UserPoolClientType, name string) (*types.CodeDeliveryDetailsType, error) {
	out, err := w.ResendConfirmationCode(context.Background(), &idp.ResendConfirmationCodeInput{ClientId: c.ClientId, Username: &name})
	if err != nil {
		return nil, err
	}
	return out.CodeDeliveryDetails, nil
}

// mailing is a pool that proves mail addresses.
func mailing(in *idp.CreateUserPoolInput) {
	in.AutoVerifiedAttributes = []types.VerifiedAttributeType{"email"}
}

func hiding(in *idp.CreateUserPoolClientInput) { in.PreventUserExistenceErrors = "ENABLED" }

func hidingTo(w *world, pool *types.UserPoolType) *types.UserPoolClientType {
	return w.client(pool, func(in *idp.CreateUserPoolClientInput) { hiding(in) })
}

// attribute is one attribute of a user, as an administrator sees it.
func (w *world) attribute(pool *types.UserPoolType, name, attribute string) string {
	w.t.Helper()
	u := must(w.AdminGetUser(context.Background(), &idp.AdminGetUserInput{UserPoolId: pool.Id, Username: &name}))(w.t)
	for _, a := range u.UserAttributes {
		if *a.Name == attribute {
			return *a.Value
		}
	}
	return ""
}

func (w *world) status(pool *types.UserPoolType, name string) string {
	w.t.Helper()
	return string(must(w.AdminGetUser(context.Background(), &idp.AdminGetUserInput{UserPoolId: pool.Id, Username: &name}))(w.t).UserStatus)
}

// notThe is a code that is well formed and wrong.
func notThe(code string, n int) string {
	var right int
	fmt.Sscanf(code, "%d", &right)
	return fmt.Sprintf("%06d", (right+1+n)%1_000_000)
}

func details(d *types.CodeDeliveryDetailsType) string {
	if d == nil {
		return "none"
	}
	return *d.AttributeName + " " + string(d.DeliveryMedium) + " " + *d.Destination
}

func TestAPersonSignsUp(t *testing.T) {
	onEveryEngine(t, func(t *testing.T, w *world) {
		pool := w.pool(mailing)
		c := w.client(pool, nil)
		out := must(w.signUp(c, "ann", "email", "Ann@Example.com", "name", "Ann"))(t)
		if out.UserConfirmed || len(*out.UserSub) != 36 || details(out.CodeDeliveryDetails) != "email EMAIL a***@e***" {
			t.Errorf("got %v, %s, %s", out.UserConfirmed, *out.UserSub, details(out.CodeDeliveryDetails))
		}
		m := w.outbox.last(t)
		if m.Channel != "email" || m.To != "Ann@Example.com" || m.Purpose != "sign-up" || len(m.Code) != 6 || m.Subject != "Your verification code" || m.Body != "Your verification code is "+m.Code {
			t.Errorf("the message is %+v", m)
		}
		if got := w.status(pool, "ann"); got != "UNCONFIRMED" {
			t.Errorf("status %s", got)
		}
		_, err := w.signIn(c, "ann", password)
		refused(t, err, "UserNotConfirmedException", "User is not confirmed.")
		_, err = w.signIn(c, "ann", "Wrong-Horse-7")
		refused(t, err, "NotAuthorizedException", "Incorrect username or password.")

		refused(t, w.confirm(c, "ann", notThe(m.Code, 0)), "CodeMismatchException", wrongCode)
		if err := w.confirm(c, "ann", m.Code); err != nil {
			t.Fatal(err)
		}
		if status, verified := w.status(pool, "ann"), w.attribute(pool, "ann", "email_verified"); status != "CONFIRMED" || verified != "true" {
			t.Errorf("it is %s, verified %s", status, verified)
		}
		w.tokens(c, "ann")
		refused(t, w.confirm(c, "ann", m.Code), "NotAuthorizedException", "User cannot be confirmed. Current status is CONFIRMED")
		_, err = w.resend(c, "ann")
		refused(t, err, "InvalidParameterException", "User is already confirmed.")
		if n := w.rows("user_pool_codes"); n != 0 {
			t.Errorf("%d codes are left", n)
		}
	})
}

func TestWhereASignUpCodeGoes(t *testing.T) {
	w := newWorld(t)
	both := []string{"email", "ann@example.com", "phone_number", "+15555551234"}
	for name, c := range map[string]struct {
		verified   []types.VerifiedAttributeType
		attributes []string
		want       string
	}{
		"nothing is verified":      {nil, both, "none"},
		"mail":                     {[]types.VerifiedAttributeType{"email"}, both, "email EMAIL a***@e***"},
		"phone":                    {[]types.VerifiedAttributeType{"phone_number"}, both, "phone_number SMS +*******1234"},
		"the phone before mail":    {[]types.VerifiedAttributeType{"email", "phone_number"}, both, "phone_number SMS +*******1234"},
		"the one that there is":    {[]types.VerifiedAttributeType{"email", "phone_number"}, both[:2], "email EMAIL a***@e***"},
		"there is none":            {[]types.VerifiedAttributeType{"email"}, both[2:], "none"},
		"a number too short to be": {[]types.VerifiedAttributeType{"phone_number"}, []string{"phone_number", "+110"}, "phone_number SMS +*******"},
	} {
		t.Run(name, func(t *testing.T) {
			pool := w.pool(func(in *idp.CreateUserPoolInput) { in.AutoVerifiedAttributes = c.verified })
			out := must(w.signUp(w.client(pool, nil), "ann", c.attributes...))(t)
			if got := details(out.CodeDeliveryDetails); got != c.want {
				t.Errorf("got %s", got)
			}
		})
	}
}

func TestSignUpsThatAreRefused(t *testing.T) {
	w := newWorld(t)
	plain := w.pool(func(in *idp.CreateUserPoolInput) {
		mailing(in)
		in.Schema = []types.SchemaAttributeType{
			{Name: aws.String("email"), Required: aws.Bool(true)},
			{Name: aws.String("level"), AttributeDataType: "Number"},
			{Name: aws.String("rank"), AttributeDataType: "String", DeveloperOnlyAttribute: aws.Bool(true)},
		}
	})
	aliases := w.pool(func(in *idp.CreateUserPoolInput) {
		in.AliasAttributes = []types.AliasAttributeType{"email", "phone_number", "preferred_username"}
	})
	mails := w.pool(func(in *idp.CreateUserPoolInput) { in.UsernameAttributes = []types.UsernameAttributeType{"email"} })
	closed := w.pool(func(in *idp.CreateUserPoolInput) {
		in.AdminCreateUserConfig = &types.AdminCreateUserConfigType{AllowAdminCreateUserOnly: true}
	})
	c, ac, mc := w.client(plain, nil), w.client(aliases, nil), w.client(mails, nil)
	secret := w.client(plain, func(in *idp.CreateUserPoolClientInput) { in.GenerateSecret = true })
	mail := []string{"email", "ann@example.com"}
	must(w.signUp(c, "ann", mail...))(t)
	must(w.signUp(ac, "ann", "preferred_username", "annie"))(t)
	must(w.signUp(mc, "ann@example.com"))(t)
	for name, r := range map[string]struct {
		client     *types.UserPoolClientType
		change     func(*idp.SignUpInput)
		attributes []string
		code, text string
	}{
		"taken":                          {c, func(in *idp.SignUpInput) { in.Username = aws.String("ann") }, mail, "UsernameExistsException", "User already exists"},
		"another's preferred name":       {ac, func(in *idp.SignUpInput) { in.Username = aws.String("annie") }, nil, "UsernameExistsException", "User already exists"},
		"preferred name that is a name":  {ac, nil, []string{"preferred_username", "ann"}, "UsernameExistsException", "User already exists"},
		"address taken":                  {mc, func(in *idp.SignUpInput) { in.Username = aws.String("ann@example.com") }, nil, "UsernameExistsException", "User already exists"},
		"a name where mail is the name":  {mc, nil, nil, "InvalidParameterException", "Username should be an email."},
		"two addresses":                  {mc, func(in *idp.SignUpInput) { in.Username = aws.String("bob@example.com") }, mail, "InvalidParameterException", ""},
		"mail as name where it is alias": {ac, func(in *idp.SignUpInput) { in.Username = aws.String("bob@example.com") }, nil, "InvalidParameterException", "Username cannot be of email format, since user pool is configured for email alias."},
		"short password":                 {c, func(in *idp.SignUpInput) { in.Password = aws.String("Ab1!") }, mail, "InvalidPasswordException", "Password did not conform with policy: Password not long enough"},
		"no upper case":                  {c, func(in *idp.SignUpInput) { in.Password = aws.String("abcdefg1!") }, mail, "InvalidPasswordException", "Password did not conform with policy: Password must have uppercase characters"},
		"no password":                    {c, func(in *idp.SignUpInput) { in.Password = nil }, mail, "InvalidParameterException", ""},
		"spaces around a password":       {c, func(in *idp.SignUpInput) { in.Password = aws.String(" " + password) }, mail, "InvalidParameterException", ""},
		"required attribute missing":     {c, nil, nil, "InvalidParameterException", "Attributes did not conform to the schema: email: The attribute is required"},
		"bad mail":                       {c, nil, []string{"email", "ann"}, "InvalidParameterException", "Invalid email address format."},
		"said to be verified":            {c, nil, append(mail, "email_verified", "true"), "NotAuthorizedException", "A client attempted to write unauthorized attribute"},
		"custom without the right":       {c, nil, append(mail, "custom:level", "3"), "NotAuthorizedException", "A client attempted to write unauthorized attribute"},
		"developers' own":                {c, nil, append(mail, "dev:custom:rank", "boss"), "NotAuthorizedException", "A client attempted to write unauthorized attribute"},
		"unknown attribute":              {c, nil, append(mail, "custom:shoe", "3"), "InvalidParameterException", ""},
		"a sub of one's own":             {c, nil, append(mail, "sub", "x"), "InvalidParameterException", ""},
		"identities of one's own":        {c, nil, append(mail, "identities", "[]"), "InvalidParameterException", ""},
		"enormous attribute":             {c, nil, append(mail, "name", strings.Repeat("🍕", 2049)), "InvalidParameterException", ""},
		"enormous name":                  {c, func(in *idp.SignUpInput) { in.Username = aws.String(strings.Repeat("x", 129)) }, mail, "InvalidParameterException", ""},
		"space in the name":              {c, func(in *idp.SignUpInput) { in.Username = aws.String("b ob") }, mail, "InvalidParameterException", ""},
		"turned-round name":              {c, func(in *idp.SignUpInput) { in.Username = aws.String("b\u202eob") }, mail, "InvalidParameterException", ""},
		"invisible letter in the name":   {c, func(in *idp.SignUpInput) { in.Username = aws.String("ann\u200b") }, mail, "InvalidParameterException", ""},
		"pool of administrators":         {w.client(closed, nil), nil, nil, "NotAuthorizedException", "SignUp is not permitted for this user pool"},
		"unknown client":                 {&types.UserPoolClientType{ClientId: aws.String("nobody")}, nil, nil, "ResourceNotFoundException", "User pool client nobody does not exist."},
		"no secret hash":                 {&types.UserPoolClientType{ClientId: secret.ClientId}, nil, mail, "NotAuthorizedException", "Client " + *secret.ClientId + " is configured with secret but SECRET_HASH was not received"},
		"wrong secret hash":              {secret, func(in *idp.SignUpInput) { in.SecretHash = aws.String("AAAA") }, mail, "NotAuthorizedException", "Unable to verify secret hash for client " + *secret.ClientId},
		"secret hash without a secret":   {c, func(in *idp.SignUpInput) { in.SecretHash = aws.String("AAAA") }, mail, "NotAuthorizedException", "Unable to verify secret hash for client " + *c.ClientId},
	} {
		t.Run(name, func(t *testing.T) {
			in := &idp.SignUpInput{ClientId: r.client.ClientId, Username: aws.String("bob"), Password: aws.String(password), UserAttributes: pairs(r.attributes)}
			if r.client.ClientSecret != nil {
				in.SecretHash = aws.String(secretHash(r.client, "bob"))
			}
			if r.change != nil {
				r.change(in)
			}
			_, err := w.SignUp(context.Background(), in)
			refused(t, err, r.code, r.text)
		})
	}
	if n := w.rows("user_pool_users"); n != 3 {
		t.Errorf("%d users, want the 3 that were let in", n)
	}
	for _, name := range []string{"日本", "🍕", "דוד", "علي", "ɑnn", strings.Repeat("é", 128)} {
		must(w.signUp(c, name, mail...))(t)
		if err := w.confirm(c, name, w.outbox.last(t).Code); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		w.tokens(c, name)
	}
}
