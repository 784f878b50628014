package userpool_test

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
)

const source = "arn:aws:ses:eu-west-1:123456789012:identity/"

func TestMailsAreFromWhomThePoolNames(t *testing.T) {
	for name, tc := range map[string]struct {
		given         *types.EmailConfigurationType
		from, replyTo string
	}{
		"nobody":             {nil, "", ""},
		"the default":        {&types.EmailConfigurationType{EmailSendingAccount: "COGNITO_DEFAULT"}, "", ""},
		"an address":         {&types.EmailConfigurationType{EmailSendingAccount: "COGNITO_DEFAULT", SourceArn: aws.String(source + "hello@pizza.example")}, "hello@pizza.example", ""},
		"a domain":           {&types.EmailConfigurationType{EmailSendingAccount: "DEVELOPER", SourceArn: aws.String(source + "pizza.example")}, "", ""},
		"From before source": {&types.EmailConfigurationType{EmailSendingAccount: "DEVELOPER", SourceArn: aws.String(source + "hello@pizza.example"), From: aws.String("Grüne Pizza <hi@pizza.example>"), ReplyToEmailAddress: aws.String("help@pizza.example"), ConfigurationSet: aws.String("set")}, "Grüne Pizza <hi@pizza.example>", "help@pizza.example"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			pool := w.pool(func(in *idp.CreateUserPoolInput) { mailing(in); in.EmailConfiguration = tc.given })
			must(w.signUp(w.client(pool, nil), "ann", "email", "ann@example.com"))(t)
			m := w.outbox.last(t)
			if m.From != tc.from || m.ReplyTo != tc.replyTo || !m.Until.Equal(m.At.Add(24*time.Hour).Truncate(time.Millisecond)) {
				t.Errorf("from %q, answers to %q, until %v", m.From, m.ReplyTo, m.Until)
			}
			must(w.AdminCreateUser(t.Context(), &idp.AdminCreateUserInput{UserPoolId: pool.Id, Username: aws.String("bob"),
				UserAttributes: pairs([]string{"email", "bob@example.com", "phone_number", "+15550100123"})}))(t)
			for _, m := range w.outbox.sent[1:] {
				if mail := m.Channel == "email"; mail != (m.From == tc.from && m.ReplyTo == tc.replyTo) && tc.from != "" || !m.Until.Equal(m.At.Add(7*24*time.Hour)) {
					t.Errorf("an invitation by %s is from %q until %v", m.Channel, m.From, m.Until)
				}
			}
			shown := must(w.DescribeUserPool(t.Context(), &idp.DescribeUserPoolInput{UserPoolId: pool.Id}))(t).UserPool.EmailConfiguration
			if tc.given != nil && (shown.EmailSendingAccount != tc.given.EmailSendingAccount || aws.ToString(shown.From) != aws.ToString(tc.given.From)) {
				t.Errorf("shown as %+v", shown)
			}
		})
	}
}

func TestMailSettingsThatMakeNoSenseAreRefused(t *testing.T) {
	w := newWorld(t)
	email := func(c types.EmailConfigurationType) func(*idp.CreateUserPoolInput) {
		return func(in *idp.CreateUserPoolInput) { in.EmailConfiguration = &c }
	}
	template := func(c types.VerificationMessageTemplateType) func(*idp.CreateUserPoolInput) {
		return func(in *idp.CreateUserPoolInput) { in.VerificationMessageTemplate = &c }
	}
	for name, change := range map[string]func(*idp.CreateUserPoolInput){
		"DEVELOPER without a source": email(types.EmailConfigurationType{EmailSendingAccount: "DEVELOPER"}),
		"another account":            email(types.EmailConfigurationType{EmailSendingAccount: "MINE"}),
		"a source of another kind":   email(types.EmailConfigurationType{SourceArn: aws.String("arn:aws:iam::123456789012:role/pizza-mailer")}),
		"two senders":                email(types.EmailConfigurationType{From: aws.String("a@x.example, b@x.example")}),
		"a header":                   email(types.EmailConfigurationType{From: aws.String("A\r\nBcc: e@x.example <a@x.example>")}),
		"no address":                 email(types.EmailConfigurationType{From: aws.String("pizza")}),
		"answers to a header":        email(types.EmailConfigurationType{ReplyToEmailAddress: aws.String("a@x.example\nBcc: e@x.example")}),
		"no place for the link":      template(types.VerificationMessageTemplateType{EmailMessageByLink: aws.String("Click {####}")}),
		"a long subject":             template(types.VerificationMessageTemplateType{EmailSubjectByLink: aws.String(strings.Repeat("x", 141))}),
		"a long text":                template(types.VerificationMessageTemplateType{EmailMessageByLink: aws.String("{##x##}" + strings.Repeat("x", 20000))}),
	} {
		t.Run(name, func(t *testing.T) {
			in := &idp.CreateUserPoolInput{PoolName: aws.String("pizza")}
			change(in)
			_, err := w.CreateUserPool(t.Context(), in)
			refused(t, err, "InvalidParameterException", "")
		})
	}
}

func TestAPoolShowsTheTextsOfItsTemplateUnderTheirOlderNamesToo(t *testing.T) {
	w := newWorld(t)
	pool := w.pool(func(in *idp.CreateUserPoolInput) {
		in.EmailVerificationSubject, in.SmsVerificationMessage = aws.String("Older"), aws.String("Older {####}")
		in.VerificationMessageTemplate = &types.VerificationMessageTemplateType{EmailMessage: aws.String("Newer {####}"), SmsMessage: aws.String("Newest {####}")}
	})
	if mail, subject, sms := aws.ToString(pool.EmailVerificationMessage), aws.ToString(pool.EmailVerificationSubject), aws.ToString(pool.SmsVerificationMessage); mail != "Newer {####}" || subject != "Older" || sms != "Newest {####}" {
		t.Errorf("shown are %q, %q and %q", mail, subject, sms)
	}
}
