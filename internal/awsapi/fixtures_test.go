package awsapi_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/smithy-go"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/awsapi"
	"github.com/sallyport/sallyport/internal/awsapi/awsapitest"
	"github.com/sallyport/sallyport/internal/clock"
)

// wire is a frozen message of the SDK's: a first line, headers, a body.
type wire struct {
	first  string
	header http.Header
	body   string
}

func readSnap(t *testing.T, path string) wire {
	t.Helper()
	first, rest, _ := strings.Cut(readFile(t, path), "\n")
	rest = strings.TrimPrefix(rest, "\n") // a request has an empty line here
	head, body, _ := strings.Cut(rest, "\n\n")
	m := wire{first, http.Header{}, body}
	for line := range strings.SplitSeq(head, "\n") {
		if name, value, ok := strings.Cut(line, ": "); ok {
			m.header.Set(name, value)
		}
	}
	return m
}

// capture is a transport that keeps the request, and answers with a frozen message.
type capture struct {
	request *http.Request
	body    []byte
	answer  *http.Response
}

var errCaptured = errors.New("captured")

func (c *capture) Do(r *http.Request) (*http.Response, error) {
	c.request = r
	if r.Body != nil {
		c.body, _ = io.ReadAll(r.Body)
	}
	if c.answer == nil {
		return nil, errCaptured
	}
	c.answer.Request = r
	return c.answer, nil
}

func captured(client awsapitest.NewClient, c *capture) reflect.Value {
	return reflect.ValueOf(client(aws.Config{Region: "us-east-1", HTTPClient: c, BaseEndpoint: aws.String("http://test.example.com"),
		Retryer: func() aws.Retryer { return aws.NopRetryer{} },
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: rootKey, SecretAccessKey: rootSecret}, nil
		})}))
}

// echo serves s with every operation public, so that frozen messages, which
// are not signed, pass. It keeps what the handler got and answers what it is told.
type echo struct {
	*awsapi.API
	in, out any
	err     error
}

func newEcho(s *awsapi.Service) *echo {
	e := &echo{}
	open := *s
	open.Operations = nil
	for _, op := range s.Operations {
		open.Operations = append(open.Operations, op.Doing(awsapi.Public, func(_ context.Context, _ *access.Call, in any) (any, error) {
			e.in = in
			return e.out, e.err
		}))
	}
	h := &house{}
	e.API = awsapi.New(awsapi.Config{Account: "0", Region: "us-east-1", Keys: h, Authorizer: h, Clock: new(clock.Clock),
		Logger: slog.New(slog.DiscardHandler), Records: h, MaxBody: 1 << 20}, &open)
	return e
}

type frozen struct {
	module  string
	service *awsapi.Service
	client  awsapitest.NewClient
}

func frozenServices(t *testing.T) []frozen {
	return []frozen{
		{"sts", stsService(), stsClient}, {"iam", iamService(), iamClient}, {"lambda", lambdaService(t), lambdaClient},
	}
}

// Each frozen request, decoded here and encoded again by the SDK's client, is
// the request that it was: nothing is lost, nothing lands in another's place.
func TestFrozenRequestsAreReadInFull(t *testing.T) {
	for _, f := range frozenServices(t) {
		e := newEcho(f.service)
		dir, n := filepath.Join(sdkDir(t, f.module), "request_snapshot"), 0
		for _, op := range f.service.Operations {
			path := filepath.Join(dir, op.Name()+".request.snap")
			if _, err := os.Stat(path); err != nil {
				continue
			}
			n++
			snap := readSnap(t, path)
			method, target, _ := strings.Cut(snap.first, " ")
			r := httptest.NewRequest(method, target, strings.NewReader(snap.body))
			r.Header = snap.header
			_, out := op.Shapes()
			e.in, e.out = nil, reflect.New(out).Interface()
			w := httptest.NewRecorder()
			e.ServeHTTP(w, r)
			if e.in == nil {
				t.Errorf("%s %s: %d %s", f.module, op.Name(), w.Code, w.Body)
				continue
			}
			var c capture
			captured(f.client, &c).MethodByName(op.Name()).Call([]reflect.Value{reflect.ValueOf(context.Background()), reflect.ValueOf(e.in)})
			if c.request == nil {
				t.Errorf("%s %s: the client would not send %+v", f.module, op.Name(), e.in)
				continue
			}
			want, _ := url.Parse(target)
			if c.request.Method != method || c.request.URL.EscapedPath() != want.EscapedPath() || !reflect.DeepEqual(c.request.URL.Query(), want.Query()) {
				t.Errorf("%s %s: %s %s, want %s", f.module, op.Name(), c.request.Method, c.request.URL, snap.first)
			}
			for name := range snap.header {
				if c.request.Header.Get(name) != snap.header.Get(name) {
					t.Errorf("%s %s: %s: %q, want %q", f.module, op.Name(), name, c.request.Header.Get(name), snap.header.Get(name))
				}
			}
			if !sameBody(string(c.body), snap.body) {
				t.Errorf("%s %s:\n%s\nwant\n%s", f.module, op.Name(), c.body, snap.body)
			}
		}
		if n < len(f.service.Operations)*9/10 {
			t.Errorf("%s: only %d frozen requests for %d operations", f.module, n, len(f.service.Operations))
		}
	}
}

// Each frozen answer, decoded by the SDK's client, leaves here as it was.
func TestFrozenAnswersAreWrittenInFull(t *testing.T) {
	service := lambdaService(t)
	e := newEcho(service)
	dir, n := filepath.Join(sdkDir(t, "lambda"), "response_snapshot"), 0
	for _, op := range service.Operations {
		path := filepath.Join(dir, op.Name()+".response.snap")
		if _, err := os.Stat(path); err != nil {
			continue
		}
		snap := readSnap(t, path)
		c := &capture{answer: snap.response(t)}
		var err error
		e.out, err = send(t, captured(lambdaClient, c), op)
		if err != nil {
			t.Errorf("%s: %v", op.Name(), err)
			continue
		}
		n++
		w := httptest.NewRecorder()
		e.ServeHTTP(w, c.again())
		if status := op.StatusMember(); status != "" { // the SDK's fixtures have it in the body, too
			snap.body = strings.Replace(snap.body, `{"`+status+`":200}`, "", 1)
		}
		for name := range snap.header {
			if name != "Content-Type" && w.Header().Get(name) != snap.header.Get(name) {
				t.Errorf("%s: %s: %q, want %q", op.Name(), name, w.Header().Get(name), snap.header.Get(name))
			}
		}
		if w.Code/100 != 2 || w.Code != http.StatusNoContent && !sameBody(w.Body.String(), snap.body) {
			t.Errorf("%s: %d\n%s\nwant\n%s", op.Name(), w.Code, w.Body, snap.body)
		}
	}
	if n < 70 {
		t.Errorf("only %d frozen answers", n)
	}
}

// Each frozen error, decoded by the SDK's client, leaves here as it was, but
// for its name, which travels in a header.
func TestFrozenErrorsAreWrittenInFull(t *testing.T) {
	service := lambdaService(t)
	e := newEcho(service)
	paths, _ := filepath.Glob(filepath.Join(sdkDir(t, "lambda"), "response_snapshot", "*.error.snap"))
	if len(paths) < 50 {
		t.Fatalf("only %d frozen errors", len(paths))
	}
	var invoke awsapi.Operation
	for _, op := range service.Operations {
		if op.Name() == "Invoke" {
			invoke = op
		}
	}
	for _, path := range paths {
		snap := readSnap(t, path)
		c := &capture{answer: snap.response(t)}
		_, err := send(t, captured(lambdaClient, c), invoke)
		var modelled smithy.APIError
		if !errors.As(err, &modelled) {
			t.Errorf("%s: %v", filepath.Base(path), err)
			continue
		}
		e.err = modelled
		w := httptest.NewRecorder()
		e.ServeHTTP(w, c.again())
		name := strings.TrimSuffix(filepath.Base(path), ".error.snap")
		body := strings.Replace(snap.body, `"__type":"`+name+`",`, "", 1)
		if w.Header().Get("X-Amzn-Errortype") != name || w.Header().Get("Retry-After") != snap.header.Get("Retry-After") || !sameBody(w.Body.String(), body) {
			t.Errorf("%s: %v\n%s\nwant\n%s", name, w.Header(), w.Body, body)
		}
	}
}

func (m wire) response(t *testing.T) *http.Response {
	status, err := strconv.Atoi(m.first)
	if err != nil {
		t.Fatal(err)
	}
	return &http.Response{StatusCode: status, Header: m.header.Clone(), Body: io.NopCloser(strings.NewReader(m.body)), ContentLength: int64(len(m.body))}
}

// send calls op with what is required, and returns what the client made of the answer.
func send(t *testing.T, client reflect.Value, op awsapi.Operation) (any, error) {
	t.Helper()
	in, _ := op.Shapes()
	v := reflect.New(in)
	awsapitest.Fill(v.Elem(), op.Required())
	results := client.MethodByName(op.Name()).Call([]reflect.Value{reflect.ValueOf(context.Background()), v})
	err, _ := results[1].Interface().(error)
	return results[0].Interface(), err
}

// again is the request that the client sent, for a server.
func (c *capture) again() *http.Request {
	r := httptest.NewRequest(c.request.Method, c.request.URL.RequestURI(), bytes.NewReader(c.body))
	r.Header = c.request.Header
	return r
}

// sameBody compares JSON and forms by what they say, anything else by its bytes.
func sameBody(got, want string) bool {
	var a, b any
	if json.Unmarshal([]byte(got), &a) == nil && json.Unmarshal([]byte(want), &b) == nil {
		return reflect.DeepEqual(a, b)
	}
	if strings.HasPrefix(want, "Action=") {
		a, _ := url.ParseQuery(got)
		b, _ := url.ParseQuery(want)
		return reflect.DeepEqual(a, b)
	}
	return got == want
}
