package awsapitest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/smithy-go"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/awsapi"
	"github.com/sallyport/sallyport/internal/clock"
)

const (
	account = "000000000000"
	region  = "eu-west-1"
	keyID   = "AKIAIOSFODNN7EXAMPLE"
	secret  = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
)

// NewClient makes the SDK client of the service under proof:
//
//	func(c aws.Config) any { return lambda.NewFromConfig(c) }
type NewClient func(aws.Config) any

// Prove drives every operation of s through the SDK's client and back, with
// echo handlers in the place of s's own. modelled are the errors that the
// handlers of s return (types.ResourceNotFoundException): each must arrive as
// itself, with its members, from every operation of whose model it is part.
func Prove(t *testing.T, s *awsapi.Service, client NewClient, modelled ...smithy.APIError) {
	t.Helper()
	p := newProof(s)
	server := httptest.NewServer(p)
	defer server.Close()
	c := reflect.ValueOf(client(config(server.URL)))
	arrived := make([]bool, len(modelled))
	for _, op := range s.Operations {
		t.Run(op.Name(), func(t *testing.T) {
			method := c.MethodByName(op.Name())
			if !method.IsValid() {
				t.Fatalf("the SDK's client has no operation %s", op.Name())
			}
			p.roundTrip(t, method, op, func(f *filler, v reflect.Value) { f.fill(v) }, true)
			required := requiredBySDK(method, op)
			if got := sorted(op.Required()); !slices.Equal(got, required) {
				t.Errorf("Require%q, but the SDK requires %q", got, required)
			}
			p.roundTrip(t, method, op, func(f *filler, v reflect.Value) { f.fillOnly(v, required) }, false)
			for i, err := range modelled {
				if p.roundTripError(t, method, op, err) {
					arrived[i] = true
				}
			}
		})
	}
	for i, err := range modelled {
		if !arrived[i] {
			t.Errorf("no operation's client knows %T", err)
		}
	}
}

func config(url string) aws.Config {
	return aws.Config{
		BaseEndpoint: &url, Region: region, HTTPClient: Client(),
		Retryer: func() aws.Retryer { return aws.NopRetryer{} },
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: keyID, SecretAccessKey: secret}, nil
		}),
	}
}

// Client is what an SDK client in a test talks through.
func Client() aws.HTTPClient { return whole{&http.Client{Transport: &http.Transport{}}} }

// whole reads every answer to its end before the SDK sees it. The SDK closes
// the body of its request as soon as an answer starts, and a large answer that
// comes at once, as it does here, can then break off on a busy machine.
//
// It leaves out the answer's Date. The SDK takes what that seems to lag behind
// its own time, up to a second and more under load, off the times that it signs
// next: a call after a test has moved the clock would be stamped as of before.
type whole struct{ client *http.Client }

func (c whole) Do(r *http.Request) (*http.Response, error) {
	answer, err := c.client.Do(r)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	answer.Body = io.NopCloser(bytes.NewReader(body))
	answer.Header.Del("Date")
	return answer, err
}

// proof is a server whose handlers say what they got and answer what they are told.
type proof struct {
	api      *awsapi.API
	unions   []awsapi.Union
	document awsapi.Document

	mu     sync.Mutex
	signed bool // the last request was
	got    any
	answer any
	err    error
}

func newProof(s *awsapi.Service) *proof {
	p := &proof{unions: s.Unions, document: s.Document}
	echo := *s
	echo.Operations = make([]awsapi.Operation, len(s.Operations))
	for i, op := range s.Operations {
		who := awsapi.AnyCaller
		if op.IsPublic() {
			who = awsapi.Public
		}
		echo.Operations[i] = op.Doing(who, p.handle)
	}
	p.api = awsapi.New(awsapi.Config{
		Account: account, Region: region, Keys: oneKey{}, Authorizer: nobody{}, Clock: new(clock.Clock),
		Logger: slog.New(slog.DiscardHandler), Records: forget{}, MaxBody: 1 << 20,
	}, &echo)
	return p
}

func (p *proof) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	p.signed = r.Header.Get("Authorization") != ""
	p.mu.Unlock()
	p.api.ServeHTTP(w, r)
}

func (p *proof) handle(_ context.Context, _ *access.Call, in any) (any, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.got = in
	return p.answer, p.err
}

func (p *proof) tell(answer any, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.got, p.answer, p.err = nil, answer, err
}

// call runs one operation of the client.
func call(method reflect.Value, in reflect.Value) (out reflect.Value, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	results := method.Call([]reflect.Value{reflect.ValueOf(ctx), in})
	err, _ = results[1].Interface().(error)
	return results[0], err
}

// roundTrip sends an input and takes an output; full fills the output too.
func (p *proof) roundTrip(t *testing.T, method reflect.Value, op awsapi.Operation, fill func(*filler, reflect.Value), full bool) {
	t.Helper()
	inType, outType := op.Shapes()
	in, out := reflect.New(inType), reflect.New(outType)
	f := &filler{unions: p.unions, document: p.document}
	fill(f, in.Elem())
	if full {
		f.fill(out.Elem())
	}
	p.tell(out.Interface(), nil)
	result, err := call(method, in)
	if err != nil {
		t.Errorf("%s: %v", op.Name(), err)
		return
	}
	p.mu.Lock()
	got, signed := p.got, p.signed
	p.mu.Unlock()
	if signed == op.IsPublic() {
		t.Errorf("public is %v, but the SDK's client signing it is %v", op.IsPublic(), signed)
	}
	if err := same(in, reflect.ValueOf(got), "input"); err != nil {
		t.Error(err)
	}
	if status := op.StatusMember(); status != "" && !full {
		result.Elem().FieldByName(status).SetZero() // the client always sees one
	}
	if err := same(out, result, "output"); err != nil {
		t.Error(err)
	}
}

// roundTripError answers an error and reports whether the client knows its shape.
func (p *proof) roundTripError(t *testing.T, method reflect.Value, op awsapi.Operation, kind smithy.APIError) bool {
	t.Helper()
	inType, _ := op.Shapes()
	in, fail := reflect.New(inType), reflect.New(reflect.TypeOf(kind).Elem())
	f := &filler{unions: p.unions, document: p.document}
	f.fillOnly(in.Elem(), requiredBySDK(method, op))
	f.fill(fail.Elem())
	want := fail.Interface().(smithy.APIError)
	p.tell(nil, want)
	_, err := call(method, in)
	var generic smithy.APIError
	if !errors.As(err, &generic) {
		t.Errorf("%T arrived as %v", kind, err)
		return false
	}
	if generic.ErrorCode() != want.ErrorCode() || generic.ErrorMessage() != want.ErrorMessage() {
		t.Errorf("%T arrived as %s: %s", kind, generic.ErrorCode(), generic.ErrorMessage())
	}
	if reflect.TypeOf(generic) != fail.Type() {
		return false // not part of this operation's model
	}
	if err := same(fail, reflect.ValueOf(generic), fmt.Sprintf("%T", kind)); err != nil {
		t.Error(err)
	}
	return true
}

// requiredBySDK asks the client's own validator, which runs before anything is sent.
func requiredBySDK(method reflect.Value, op awsapi.Operation) []string {
	inType, _ := op.Shapes()
	_, err := call(method, reflect.New(inType))
	var invalid smithy.InvalidParamsError
	if !errors.As(err, &invalid) {
		return []string{}
	}
	names := []string{}
	for _, e := range invalid.Errs() {
		var p smithy.InvalidParamError
		if errors.As(e, &p) {
			field := p.Field()
			if _, last, ok := strings.Cut(field, "."); ok { // CreateUserPoolInput.PoolName
				field = last
			}
			names = append(names, field)
		}
	}
	return sorted(names)
}

func sorted(names []string) []string {
	names = slices.Clone(names)
	slices.Sort(names)
	if names == nil {
		return []string{}
	}
	return names
}

type oneKey struct{}

func (oneKey) Key(_ context.Context, id, token string) (string, access.Caller, error) {
	if id != keyID || token != "" {
		return "", access.Caller{}, awsapi.ErrUnknownKey
	}
	return secret, access.Caller{Kind: access.Root, Account: account, ARN: "arn:aws:iam::" + account + ":root", ID: account, AccessKeyID: id}, nil
}

type nobody struct{}

func (nobody) Authorize(context.Context, *access.Call, string, string) access.Verdict {
	return access.Verdict{}
}

type forget struct{}

func (forget) Write(*audit.Record) {}
