package function_test

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/smithy-go"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/awsapi"
	"github.com/sallyport/sallyport/internal/awsapi/awsapitest"
	"github.com/sallyport/sallyport/internal/clock"
	"github.com/sallyport/sallyport/internal/function"
	"github.com/sallyport/sallyport/internal/keyring"
	"github.com/sallyport/sallyport/internal/runner"
	"github.com/sallyport/sallyport/internal/store"
)

const (
	account = "000000000000"
	region  = "eu-west-1"
	keyID   = "AKIAIOSFODNN7EXAMPLE"
	secret  = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
	role    = "arn:aws:iam::000000000000:role/service-role/pizza"
)

// world is a server with the lambda service, and the SDK's client for it.
type world struct {
	*lambda.Client
	url     string
	db      *store.DB
	keys    *keyring.Keyring
	service *function.Service
	runner  *oven
	clock   *clock.Clock
	waits   *waits
	denied  *sync.Map // actions that the authorizer refuses
	crew    *crew
	asked   *questions
}

// oven stands in for the runner: it notes what it is asked, and answers as told.
type oven struct {
	mu      sync.Mutex
	baked   []bake
	retired []string
	answer  func(f *runner.Function, e runner.Event) (runner.Result, error)
	watch   func(ctx context.Context) // sees each invocation's context; set before the first
}

type bake struct {
	function *runner.Function
	event    runner.Event
}

func (o *oven) Invoke(ctx context.Context, f *runner.Function, e runner.Event) (runner.Result, error) {
	o.mu.Lock()
	o.baked = append(o.baked, bake{f, e})
	answer := o.answer
	o.mu.Unlock()
	if o.watch != nil {
		o.watch(ctx)
	}
	if answer == nil {
		return runner.Result{Payload: []byte(`"baked"`), Log: []byte("START\n")}, nil
	}
	return answer(f, e)
}

func (o *oven) Retire(id string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.retired = append(o.retired, id)
}

func (o *oven) set(answer func(f *runner.Function, e runner.Event) (runner.Result, error)) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.answer = answer
}

func (o *oven) all() []bake {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Clone(o.baked)
}

// waits lets the pauses between tries pass at once, and notes how long they were.
type waits struct {
	mu   sync.Mutex
	list []time.Duration
}

func (w *waits) wait(ctx context.Context, d time.Duration) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.list = append(w.list, d)
	return ctx.Err()
}

// questions are what the authorizer was asked.
type questions struct {
	mu   sync.Mutex
	list []string
}

type root struct {
	denied *sync.Map
	asked  *questions
}

func (root) Key(_ context.Context, id, _ string) (string, access.Caller, error) {
	if id != keyID {
		return "", access.Caller{}, awsapi.ErrUnknownKey
	}
	return secret, access.Caller{Kind: access.Root, Account: account, ARN: "arn:aws:iam::" + account + ":root", ID: account, AccessKeyID: id}, nil
}

func (r root) Authorize(_ context.Context, call *access.Call, action, resource string) access.Verdict {
	r.asked.mu.Lock()
	r.asked.list = append(r.asked.list, action+" "+resource)
	r.asked.mu.Unlock()
	_, denied := r.denied.Load(action)
	return access.Verdict{Allowed: call.Caller.Kind == access.Root && !denied}
}

type noRecords struct{}

func (noRecords) Write(*audit.Record) {}

func newWorld(t testing.TB) *world { return newWorldOn(t, store.Options{Memory: true}) }

func newWorldOn(t testing.TB, o store.Options) *world {
	t.Helper()
	db, err := store.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return newWorldOver(t, db)
}

// newNode is one more server over the same database.
func newNode(t testing.TB, db *store.DB, keys *keyring.Keyring, run function.Runner) *world {
	t.Helper()
	w := &world{db: db, keys: keys, clock: new(clock.Clock), waits: new(waits), denied: new(sync.Map), asked: new(questions), crew: new(crew)}
	w.runner, _ = run.(*oven)
	server := httptest.NewUnstartedServer(nil)
	w.url = "http://" + server.Listener.Addr().String()
	ctx, cancel := context.WithCancel(context.Background())
	var err error
	w.service, err = function.New(function.Config{
		DB: db, Keys: keys, Account: account, Dir: t.TempDir() + "/code", Runner: run, Roles: w.crew, Random: rand.Reader, Clock: w.clock,
		Logger: slog.New(slog.DiscardHandler), CodeURL: w.url + "/code", Wait: w.waits.wait,
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.service.Start(ctx); err != nil {
		t.Fatal(err)
	}
	guard := root{w.denied, w.asked}
	api := awsapi.New(awsapi.Config{
		Account: account, Region: region, Keys: guard, Authorizer: guard, Clock: w.clock,
		Logger: slog.New(slog.DiscardHandler), Records: noRecords{}, MaxBody: 80 << 20,
	}, w.service.API())
	mux := http.NewServeMux()
	mux.HandleFunc("/code/", w.service.ServeCode)
	mux.Handle("/", api)
	server.Config.Handler = mux
	server.Start()
	t.Cleanup(func() {
		server.Close()
		if err := w.service.Close(); err != nil {
			t.Error(err)
		}
		cancel()
	})
	w.Client = w.in(region)
	return w
}

func (w *world) in(region string) *lambda.Client {
	return lambda.New(lambda.Options{
		BaseEndpoint: &w.url, Region: region, HTTPClient: awsapitest.Client(), Retryer: aws.NopRetryer{},
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: keyID, SecretAccessKey: secret}, nil
		}),
	})
}

// file is an entry of a zip.
type file struct {
	name, content string
	mode          uint32 // Unix, type bits included; 0: 0644
}

func zipped(t testing.TB, files ...file) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, f := range files {
		h := &zip.FileHeader{Name: f.name, Method: zip.Deflate, CreatorVersion: 3 << 8}
		mode := f.mode
		if mode == 0 {
			mode = 0o100644
		}
		h.ExternalAttrs = mode << 16
		out, err := w.CreateHeader(h)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := out.Write([]byte(f.content)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func program(t testing.TB, content string) []byte {
	return zipped(t, file{"bootstrap", content, 0o100755})
}

func pizza(t testing.TB) *lambda.CreateFunctionInput {
	return &lambda.CreateFunctionInput{
		FunctionName: aws.String("pizza"), Role: aws.String(role), Runtime: types.RuntimeProvidedal2023, Handler: aws.String("bootstrap"),
		Code: &types.FunctionCode{ZipFile: program(t, "one")},
	}
}

func (w *world) create(t testing.TB, change ...func(*lambda.CreateFunctionInput)) *lambda.CreateFunctionOutput {
	t.Helper()
	in := pizza(t)
	for _, c := range change {
		c(in)
	}
	return must(w.CreateFunction(t.Context(), in))(t)
}

func must[T any](out T, err error) func(t testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
}

// refused checks that err is AWS's exception of that code with a message that begins with text.
func refused(t testing.TB, err error, code, text string) {
	t.Helper()
	var e smithy.APIError
	if !errors.As(err, &e) {
		t.Fatalf("got %v, want %s", err, code)
	}
	if e.ErrorCode() != code || !strings.HasPrefix(e.ErrorMessage(), text) {
		t.Fatalf("got  %s: %s\nwant %s: %s", e.ErrorCode(), e.ErrorMessage(), code, text)
	}
}

func status(t testing.TB, err error) int {
	t.Helper()
	var response interface{ HTTPStatusCode() int }
	if !errors.As(err, &response) {
		t.Fatalf("no answer: %v", err)
	}
	return response.HTTPStatusCode()
}

var name = aws.String("pizza")

func newWorldOver(t testing.TB, db *store.DB) *world {
	t.Helper()
	keys, err := keyring.Open(t.Context(), keyring.NewMaster(), keyring.NewShelf(db))
	if err != nil {
		t.Fatal(err)
	}
	return newNode(t, db, keys, new(oven))
}
