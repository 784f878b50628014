package userpool

import (
	"context"
	"html"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"github.com/sallyport/sallyport/internal/courier"
	"github.com/sallyport/sallyport/internal/outbox"
	"github.com/sallyport/sallyport/internal/store"
)

// checkMail holds the mail settings of a pool to what this server can do with
// them. All mails leave by the operator's mail server; that one decides, as SES
// does at AWS, whether it carries mails from the sender that the pool names.
// ConfigurationSet is about SES alone: it is kept, shown, and does nothing.
// https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_EmailConfigurationType.html
func checkMail(in *types.EmailConfigurationType) error {
	if in == nil {
		return nil
	}
	switch in.EmailSendingAccount {
	case "", types.EmailSendingAccountTypeCognitoDefault:
	case types.EmailSendingAccountTypeDeveloper:
		if deref(in.SourceArn) == "" {
			return invalid(textSourceRequired)
		}
	default:
		return invalid(textSendingAccount)
	}
	if in.SourceArn != nil && !sourcePattern.MatchString(*in.SourceArn) {
		return invalid(textSource)
	}
	for _, text := range []*string{in.From, in.ReplyToEmailAddress} {
		if text == nil {
			continue
		}
		if _, err := courier.ParseSender(*text); err != nil {
			return invalid(textSender(*text))
		}
	}
	return nil
}

// sourcePattern is the ARN of an identity of SES: a domain or an address.
var sourcePattern = regexp.MustCompile(`^arn:[\w-]+:ses:[\w-]+:\d{12}:identity/[^\s/]+$`)

// sender is who the pool's mails are from: "" for the server's own sender.
func (p *Pool) sender() string {
	c := deref(p.Shown.Email)
	if from := deref(c.From); from != "" {
		return from
	}
	_, identity, _ := strings.Cut(deref(c.SourceArn), ":identity/")
	if strings.Contains(identity, "@") {
		return identity
	}
	return "" // a domain sends by some address of it, and says not by which
}

// posting is the way of every message of this service into the outbox. It adds
// what the pool says of all its messages, whoever wrote them.
type posting struct {
	outbox  Outbox
	service *Service
}

func (o posting) Put(ctx context.Context, session store.Session, m outbox.Message) error {
	if p := o.service.current.Load().pools[m.UserPoolID]; p != nil {
		if m.Until.IsZero() {
			m.Until = m.At.Add(p.useful(m.Purpose))
		}
		if m.Channel == outbox.Email {
			m.From, m.ReplyTo = p.sender(), deref(deref(p.Shown.Email).ReplyToEmailAddress)
			m.Body = o.service.withLink(p.Pool, m)
		}
	}
	return o.outbox.Put(ctx, session, m)
}

// useful is how long it is of use to bring somebody a message: as long as what
// it tells works.
func (p *Pool) useful(purpose string) time.Duration {
	if purpose == purposeInvitation {
		return p.temporaryValidity()
	}
	return codePurpose(purpose).lifetime()
}

const purposeInvitation = "invitation"

// linkPlace is where the link stands in a mail, and what it says: {##Verify Email##}.
var linkPlace = regexp.MustCompile(`\{##([^#{}]+)##\}`)

const (
	linkSubject = "Your verification link"
	linkEmail   = "Please click the link below to verify your email address. {##Verify Email##}"
)

// byLink reports whether new accounts are confirmed by a link. Other codes are
// typed in where they were asked for.
func (p *Pool) byLink(purpose codePurpose) bool {
	return purpose == codeSignUp && deref(p.Shown.VerificationTemplate).DefaultEmailOption == types.DefaultEmailOptionTypeConfirmWithLink
}

// linkWords are the pool's words for a mail with a link.
func (p *Pool) linkWords() (subject, body string) {
	template := deref(p.Shown.VerificationTemplate)
	return orElse(deref(template.EmailSubjectByLink), linkSubject), orElse(deref(template.EmailMessageByLink), linkEmail)
}

// withLink is the text of a mail with its link in the place for it.
func (s *Service) withLink(p *Pool, m outbox.Message) string {
	if !p.byLink(codePurpose(m.Purpose)) {
		return m.Body
	}
	to := html.EscapeString(s.confirmURL(p.ID, m.ClientID, m.Username, m.Code))
	return linkPlace.ReplaceAllStringFunc(m.Body, func(place string) string {
		return `<a href="` + to + `">` + linkPlace.FindStringSubmatch(place)[1] + `</a>`
	})
}

// confirmURL is AWS's link on the path of the pool's issuer: a pool need not have
// a domain to confirm by link, and where it gets one the links in mails of before
// go on to work.
// https://docs.aws.amazon.com/cognito/latest/developerguide/confirm-user-endpoint.html
func (s *Service) confirmURL(poolID, clientID, username, code string) string {
	query := url.Values{fieldClient: {clientID}, fieldUser: {username}, fieldCode: {code}}
	return s.issuer(poolID) + confirmPath + "?" + query.Encode()
}
