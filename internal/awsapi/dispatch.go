package awsapi

import (
	"errors"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"strings"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/sigv4"
)

// The forms in which a refusal leaves before a service is known.
var (
	jsonForm  protocol = &jsonProtocol{service: unknownService(jsonStyle), errors: errorShapes{name: renaming(errorRule(asIs), nil)}}
	queryForm protocol = &queryProtocol{service: unknownService(queryStyle)}
	restForm  protocol = &restProtocol{service: unknownService(restStyle), errors: errorShapes{name: renaming(errorRule(asIs), nil)}}
)

func unknownService(s style) *service { return &service{Service: &Service{}, style: s} }

const (
	globalRegion = "us-east-1"
	// maxUnproved bounds, in bytes, the body of a caller who has proved nothing
	// yet: of Public operations, and of forms, which must be read to be matched.
	maxUnproved = 1 << 20
)

// dispatch finds the operation, proves the caller if it is not a public one,
// and reads the body. It fills x.found, call and the record.
func (x *exchange) dispatch(call *access.Call) (*message, *fault) {
	m, f := x.open()
	if f != nil {
		return nil, f
	}
	found, mine := x.api.match(m, x.api.services)
	if mine {
		x.settle(found)
		if found.op != nil && found.op.access.public {
			return m, x.admitPublic(m)
		}
	}
	signature, f := x.parseSignature(found, mine)
	if f != nil {
		return nil, f
	}
	// Whose operation it is, the scope says; Verify proves that the signer meant it.
	if scoped := x.api.bySign[signature.Service]; len(scoped) > 0 {
		if own, ok := x.api.match(m, scoped); ok {
			found, mine = own, true
			x.settle(found)
		}
	}
	if f := x.prove(call, m, signature); f != nil {
		return nil, f
	}
	return m, x.admitSigned(call, m, signature, found, mine)
}

// open reads what the protocols match by, and refuses what could be read in two ways.
func (x *exchange) open() (*message, *fault) {
	m := &message{r: x.r, target: x.r.Header.Get("X-Amz-Target")}
	contentType, _, _ := mime.ParseMediaType(x.r.Header.Get("Content-Type"))
	isForm := contentType == "application/x-www-form-urlencoded" && x.r.Method == http.MethodPost
	switch {
	case m.target != "":
		x.form = jsonForm
	case isForm:
		x.form = queryForm
	}
	for _, once := range [...]string{"X-Amz-Target", "Authorization", "Content-Type"} {
		if len(x.r.Header[once]) > 1 {
			text := fmt.Sprintf(textDoubled, once)
			x.note(stepMatch, audit.Refused, text)
			return nil, refuse(malformed, text)
		}
	}
	var err error
	if m.query, err = url.ParseQuery(x.r.URL.RawQuery); err != nil {
		x.note(stepMatch, audit.Refused, "the query is malformed")
		return nil, refuse(malformed, "The query string is malformed")
	}
	switch {
	case m.target != "":
	case isForm:
		var f *fault
		if m.body, f = x.readBody(min(maxUnproved, x.api.config.MaxBody)); f != nil {
			return nil, f
		}
		if m.form, err = url.ParseQuery(string(m.body)); err != nil {
			x.note(stepMatch, audit.Refused, "the form is malformed")
			return nil, refuse(malformed, "The form is malformed")
		}
	case x.r.Method == http.MethodGet && m.query.Has("Action"):
		x.form, m.form = queryForm, m.query
	}
	return m, nil
}

// match asks each service whether the message is for it. A message speaks one
// protocol: its target decides before its form, its form before its path.
func (a *API) match(m *message, services []*service) (match, bool) {
	for _, s := range services {
		switch {
		case s.style == jsonStyle && (m.target == "" || m.r.Method != http.MethodPost || m.r.URL.Path != "/"),
			s.style == queryStyle && (m.target != "" || m.form == nil || m.r.URL.Path != "/"),
			s.style == restStyle && (m.target != "" || m.form != nil):
			continue
		}
		if found, mine := s.protocol.match(m); mine {
			return found, true
		}
	}
	return match{}, false
}

// settle notes what the message means; from here its service words the refusals.
func (x *exchange) settle(found match) {
	x.found, x.form = found, found.service.protocol
	x.record.Service, x.record.Operation = found.service.Name, clip(found.name)
	x.cors = found.service.CORS && found.op != nil && found.op.access.public
}

func (x *exchange) admitPublic(m *message) *fault {
	x.note(stepMatch, audit.Passed, "public")
	if m.body != nil {
		return nil
	}
	var f *fault
	m.body, f = x.readBody(min(maxUnproved, x.api.config.MaxBody))
	return f
}

// parseSignature reads what the request says about its signer. One that says
// nothing is refused; a client that names an operation that we do not have
// hears so rather than that it should sign.
func (x *exchange) parseSignature(found match, mine bool) (*sigv4.Signature, *fault) {
	signature, err := sigv4.Parse(x.r)
	if err == nil {
		return signature, nil
	}
	if errors.Is(err, sigv4.ErrUnsigned) && found.op == nil && (mine || x.form != restForm) {
		x.note(stepMatch, audit.Refused, "no such operation")
		return nil, refuse(unknownOperation, x.unknownText(found, mine, ""))
	}
	return nil, x.badSignature(err)
}

func (x *exchange) badSignature(err error) *fault {
	var known *sigv4.Error
	if !errors.As(err, &known) {
		return x.api.broken(x.ctx, x.record, stepSignature, err)
	}
	x.note(stepSignature, audit.Refused, known.Reason(x.named))
	return signatureFault(known)
}

// prove verifies the signature over the whole request. What needs no secret is
// checked first, and a key that nobody has costs nobody the reading of a body.
func (x *exchange) prove(call *access.Call, m *message, s *sigv4.Signature) *fault {
	x.named = s.AccessKeyID
	p := sigv4.Params{Now: x.api.config.Clock.NowFor(s.Time), Skew: sigv4.SkewControl, Keys: x.api.signing}
	if err := s.Check(p); err != nil {
		return x.badSignature(err)
	}
	secret, owner, err := x.api.config.Keys.Key(x.ctx, s.AccessKeyID, s.SessionToken)
	if err != nil {
		return x.badSignature(err)
	}
	if m.body == nil {
		var f *fault
		if m.body, f = x.readBody(x.api.config.MaxBody); f != nil {
			return f
		}
		// Which may have taken minutes: a key that was taken away meanwhile opens nothing.
		if secret, owner, err = x.api.config.Keys.Key(x.ctx, s.AccessKeyID, s.SessionToken); err != nil {
			return x.badSignature(err)
		}
	}
	p.Secret, p.Body = secret, m.body
	if err := s.Verify(p); err != nil {
		return x.badSignature(err)
	}
	if owner.Kind == access.Anonymous {
		return x.badSignature(ErrUnknownKey)
	}
	call.Caller = owner
	x.record.Caller = callerName(owner)
	return nil
}

// admitSigned holds the verified scope against the operation.
func (x *exchange) admitSigned(call *access.Call, m *message, s *sigv4.Signature, found match, mine bool) *fault {
	if mine && found.service.signedAs() != s.Service {
		return x.badSignature(&sigv4.Error{Kind: sigv4.WrongScope,
			Message: "Credential should be scoped to correct service: '" + found.service.signedAs() + "'."})
	}
	if !isRegion(s.Region) && s.Region != x.api.config.Region {
		return x.badSignature(&sigv4.Error{Kind: sigv4.WrongScope,
			Message: "Credential should be scoped to a valid region, not '" + clip(s.Region) + "'."})
	}
	x.note(stepSignature, audit.Passed, s.AccessKeyID)
	if found.op == nil {
		if x.record.Service == "" {
			x.record.Service = clip(s.Service)
		}
		x.note(stepMatch, audit.Refused, "no such operation")
		return refuse(unknownOperation, x.unknownText(found, mine, s.Service))
	}
	call.Region = s.Region
	if found.service.Global {
		call.Region = globalRegion
	}
	x.record.Region = call.Region
	return nil
}

// unknownText names what we do not have.
func (x *exchange) unknownText(found match, mine bool, signed string) string {
	switch {
	case mine:
		return fmt.Sprintf("%s has no operation %s here.", found.service.Name, clip(found.name))
	case signed != "" && len(x.api.bySign[signed]) == 0:
		return fmt.Sprintf("The service %s is not available here.", clip(signed))
	case x.form == jsonForm:
		return fmt.Sprintf("There is no operation %s here.", clip(x.r.Header.Get("X-Amz-Target")))
	case x.form == queryForm:
		return "There is no operation of that Action and Version here."
	}
	return fmt.Sprintf("There is no operation %s %s here.", clip(x.r.Method), clip(x.r.URL.Path))
}

func callerName(c access.Caller) string {
	if c.Kind == access.Anonymous {
		return "anonymous"
	}
	return c.ARN
}

// isRegion: two letters or more, words, a number: us-gov-west-1.
func isRegion(text string) bool {
	words := strings.Split(text, "-")
	if len(text) > 32 || len(words) < 3 || len(words[0]) < 2 {
		return false
	}
	for i, word := range words {
		low, high := byte('a'), byte('z')
		if i == len(words)-1 {
			low, high = '0', '9'
		}
		if word == "" {
			return false
		}
		for _, c := range []byte(word) {
			if c < low || c > high {
				return false
			}
		}
	}
	return true
}
