package gateway_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/policy"
	"github.com/sallyport/sallyport/internal/sigv4"
)

// signers are people with keys, and policies that the real engine evaluates.
type signers struct {
	mu   sync.Mutex
	keys map[string]signer
}

type signer struct {
	credentials aws.Credentials
	owner       access.Caller
	policy      *policy.Policy
	over        bool // the session
}

func (s *signers) add(p signer) aws.Credentials {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.keys == nil {
		s.keys = map[string]signer{}
	}
	p.owner.Account, p.owner.AccessKeyID = account, p.credentials.AccessKeyID
	s.keys[p.credentials.AccessKeyID] = p
	return p.credentials
}

// user adds a user with one policy, of the statements given.
func (s *signers) user(name, statements string) aws.Credentials {
	return s.add(signer{
		credentials: aws.Credentials{AccessKeyID: "AKIA" + strings.ToUpper(name), SecretAccessKey: "secret of " + name},
		owner:       access.Caller{Kind: access.User, ARN: "arn:aws:iam::" + account + ":user/" + name, ID: "AIDA" + strings.ToUpper(name)},
		policy:      statementsOf(statements),
	})
}

// customer adds a session that an identity pool has handed out.
func (s *signers) customer(name, statements string) aws.Credentials {
	const provider = "cognito-identity.amazonaws.com"
	issuer := "cognito-idp.eu-west-1.amazonaws.com/eu-west-1_pizza"
	return s.add(signer{
		credentials: aws.Credentials{AccessKeyID: "ASIA" + strings.ToUpper(name), SecretAccessKey: "secret of " + name, SessionToken: "token+/of==" + name},
		owner: access.Caller{
			Kind: access.Session, ARN: "arn:aws:sts::" + account + ":assumed-role/customers/CognitoIdentityCredentials", ID: "AROACUSTOMERS:CognitoIdentityCredentials",
			Session: &access.Temporary{Assumed: true, Issuer: "arn:aws:iam::" + account + ":role/customers", Provider: provider, Claims: map[string][]string{
				provider + ":sub": {"eu-west-1:11111111-2222-3333-4444-555555555555"}, provider + ":aud": {"eu-west-1:pool"},
				provider + ":amr": {"authenticated", issuer, issuer + ":CognitoSignIn:a-sub"},
			}},
		},
		policy: statementsOf(statements),
	})
}

func statementsOf(statements string) *policy.Policy {
	return policy.MustParse(policy.Identity, `{"Version":"2012-10-17","Statement":[`+statements+`]}`)
}

func allowing(resource string) string {
	return `{"Effect":"Allow","Action":"execute-api:Invoke","Resource":"` + resource + `"}`
}

func denying(resource string) string {
	return strings.Replace(allowing(resource), "Allow", "Deny", 1)
}

const everyAPI = "arn:aws:execute-api:*:*:*"

func (s *signers) Key(_ context.Context, id, token string) (string, access.Caller, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, ok := s.keys[id]
	switch {
	case !ok || token != p.credentials.SessionToken:
		return "", access.Caller{}, sigv4.ErrUnknownKey
	case p.over:
		return "", access.Caller{}, sigv4.ErrExpiredToken
	}
	return p.credentials.SecretAccessKey, p.owner, nil
}

type callContext struct{ call *access.Call }

func (c callContext) Value(key string) policy.Values {
	switch key {
	case "aws:sourceip":
		return policy.One(c.call.Source.String())
	case "aws:securetransport":
		if c.call.Secure {
			return policy.One("true")
		}
		return policy.One("false")
	case "aws:requestedregion":
		return policy.One(c.call.Region)
	case "aws:useragent":
		return policy.One(c.call.UserAgent)
	}
	if s := c.call.Caller.Session; s != nil && s.Claims[key] != nil {
		return policy.Many(s.Claims[key])
	}
	return policy.Many(c.call.Conditions[key])
}

func (s *signers) Authorize(_ context.Context, call *access.Call, action, resource string) access.Verdict {
	s.mu.Lock()
	p := s.keys[call.Caller.AccessKeyID]
	s.mu.Unlock()
	r := &policy.Request{
		Principal: policy.Principal{Caller: policy.User, Account: account, ARN: p.owner.ARN, ID: p.owner.ID},
		Action:    action, Resource: resource, Context: callContext{call},
	}
	set := &policy.Set{Identity: []policy.Attached{{Name: "p", Policy: p.policy}}, Resource: call.Own}
	if call.Caller.Kind == access.Anonymous {
		r.Principal, set.Identity = policy.Principal{}, nil
	}
	if d := policy.Evaluate(r, set); d.Allowed() {
		return access.Verdict{Allowed: true, Reason: "allowed"}
	}
	d, trace := policy.Explain(r, set)
	return access.Verdict{Explicit: d.Outcome == policy.ExplicitDeny, Reason: trace.Reason(r), Cause: policy.DenialCause(action, d), Trace: trace}
}

// iam defines a method that only who has signed may call, with the function behind it.
func (a *api) iam(verb, path string) {
	a.t.Helper()
	a.method(verb, path, &apigateway.PutMethodInput{AuthorizationType: aws.String("AWS_IAM")})
	a.lambda(verb, path)
}

func hexHash(body string) string {
	sum := sha256.Sum256([]byte(body))
	return hex.EncodeToString(sum[:])
}

// order is a request to be signed by the SDK's own signer.
type order struct {
	verb, target, body string
	host               string    // "": the API's own
	at                 time.Time // zero: now
	service, region    string    // "": those that are due
	presign            bool
	headers            http.Header // to be signed
}

func (a *api) sign(who aws.Credentials, o order) *http.Request {
	a.t.Helper()
	if o.host == "" {
		o.host = hostOf(a.id)
	}
	if o.at.IsZero() {
		o.at = time.Now()
	}
	if o.service == "" {
		o.service = "execute-api"
	}
	if o.region == "" {
		o.region = region
	}
	u, err := url.Parse(a.server.URL + o.target)
	must(a.t, err)
	r, err := http.NewRequestWithContext(a.t.Context(), o.verb, u.String(), nil)
	must(a.t, err)
	r.Host = o.host
	for name, values := range o.headers {
		r.Header[name] = values
	}
	withBody(o.body)(r)
	s := v4.NewSigner()
	if !o.presign {
		must(a.t, s.SignHTTP(a.t.Context(), who, r, hexHash(o.body), o.service, o.region, o.at))
		return r
	}
	r.ContentLength = 0 // else its length would be signed, of a body that is still to come
	signed, headers, err := s.PresignHTTP(a.t.Context(), who, r, hexHash(o.body), o.service, o.region, o.at)
	must(a.t, err)
	r.URL, err = url.Parse(signed)
	must(a.t, err)
	r.URL.Host = u.Host
	r.Header = headers.Clone()
	delete(r.Header, "Host")
	withBody(o.body)(r)
	return r
}

// do sends a request as it stands.
func (w *world) do(r *http.Request) reply {
	w.t.Helper()
	got, err := http.DefaultTransport.RoundTrip(r)
	must(w.t, err)
	defer got.Body.Close()
	body, err := io.ReadAll(got.Body)
	must(w.t, err)
	return reply{got.StatusCode, got.Header, string(body)}
}

// raw is a request as it goes on the wire.
func raw(t testing.TB, r *http.Request) string {
	var b bytes.Buffer
	must(t, r.Write(&b))
	return b.String()
}
