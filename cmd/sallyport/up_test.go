package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	idptypes "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
)

const root = "../.." // of the module, from here

// pizza copies the example to where its function still builds, and returns the
// template's path.
func pizza(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp(filepath.Join(root, "examples"), ".copy-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.CopyFS(dir, os.DirFS(filepath.Join(root, "examples", "pizza"))); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, "template.yaml")
}

func edit(t testing.TB, path, from, to string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(text), from) {
		t.Fatalf("%s does not say %q", path, from)
	}
	if err := os.WriteFile(path, []byte(strings.ReplaceAll(string(text), from, to)), 0o644); err != nil {
		t.Fatal(err)
	}
}

// curlLines are the lines to paste, in order.
func curlLines(printed string) []string {
	var lines []string
	for line := range strings.Lines(printed) {
		if strings.HasPrefix(line, "  curl ") {
			lines = append(lines, strings.TrimSpace(line))
		}
	}
	return lines
}

// pasted runs the last two lines as a person would: as a stranger, and signed in.
func pasted(t testing.TB, printed, says string) {
	t.Helper()
	lines := curlLines(printed)
	if len(lines) < 2 {
		t.Fatalf("no lines to paste in\n%s", printed)
	}
	stranger, signedIn := lines[len(lines)-2], lines[len(lines)-1]
	if status, body := answer(t, shell(t, nil, stranger)); status != 401 || body != `{"message":"Unauthorized"}` {
		t.Errorf("a stranger is answered %d %s", status, body)
	}
	if status, body := answer(t, shell(t, nil, signedIn)); status != 200 || !strings.Contains(body, says) || !strings.Contains(body, `"cognito:username":"regular"`) {
		t.Errorf("a signed-in user is answered %d %s", status, body)
	}
}

var poolOutput = regexp.MustCompile(`output UserPoolId +(\S+)`)

func TestUpDeploysWhatItIsGivenAndWhatChanges(t *testing.T) {
	template, address, data := pizza(t), freeAddress(t), filepath.Join(t.TempDir(), "data")
	up := func() *program { return serve(t, address, nil, "--data", data, "--stack", "pizza", template) }

	p := up()
	printed := p.shows(t, "", "Signed in (200)")
	pasted(t, printed, `"message":"Welcome"`)
	pool := poolOutput.FindStringSubmatch(printed)[1]

	edit(t, filepath.Join(filepath.Dir(template), "function", "main.go"), `"Welcome"`, `"Welcome back"`)
	printed = p.shows(t, printed, "Stack pizza: 1 updated")
	pasted(t, printed, `"message":"Welcome back"`)

	edit(t, template, "Path: /\n", "Path: /pizzas\n")
	printed = p.shows(t, printed, "GET     /pizzas", "Signed in (200)")
	pasted(t, printed, `"message":"Welcome back"`)

	edit(t, template, "Runtime: provided.al2023", "Runtime: cobol")
	printed = p.shows(t, printed, "what was deployed before goes on")
	if told := p.err.String(); !regexp.MustCompile(`template\.yaml:\d+:\d+: runtime "cobol" is not supported`).MatchString(told) {
		t.Errorf("a mistake in the template is told as\n%s", told)
	}
	pasted(t, printed, `"message":"Welcome back"`)
	edit(t, template, "Runtime: cobol", "Runtime: provided.al2023")
	p.shows(t, printed, "as the template says")
	p.interrupt(t)

	again := up()
	printed = again.shows(t, "", "as the template says; nothing to change", "Signed in (200)")
	pasted(t, printed, `"message":"Welcome back"`)
	if now := poolOutput.FindStringSubmatch(printed)[1]; now != pool {
		t.Errorf("the pool is %s after a restart, was %s", now, pool)
	}
	again.interrupt(t)
}

func TestTheTutorialByHand(t *testing.T) {
	address, data := freeAddress(t), filepath.Join(t.TempDir(), "data")
	p := serve(t, address, nil, "--data", data)
	env := []string{"SALLYPORT_URL=" + p.url, "SALLYPORT_DATA=" + data, "SALLYPORT_LISTEN=" + address, "PATH=/usr/bin:" + os.Getenv("PATH")}
	printed := shell(t, env, root+"/examples/pizza/by-hand.sh")
	for _, want := range []string{"FORCE_CHANGE_PASSWORD", "CONFIRMED", "signature   holds", `401 {"message":"Unauthorized"}`, `200 {"message":"Welcome"`} {
		if !strings.Contains(printed, want) {
			t.Errorf("%q is missing in\n%s", want, printed)
		}
	}
}

func TestEnvIsForAShell(t *testing.T) {
	address, data := freeAddress(t), filepath.Join(t.TempDir(), "data")
	serve(t, address, nil, "--data", data)
	printed := shell(t, []string{"AWS_PROFILE=other", "PATH=/usr/bin:" + os.Getenv("PATH")},
		fmt.Sprintf(`eval "$(%s env --data '%s' --listen %s)" && aws --endpoint-url "$AWS_ENDPOINT_URL" --output text sts get-caller-identity`, sallyport(t), data, address))
	if !strings.Contains(printed, "arn:aws:iam::000000000000:root") {
		t.Errorf("the shell is %s", printed)
	}
}

func TestAKilledServerHasKeptWhatItAcknowledged(t *testing.T) {
	address, data := freeAddress(t), filepath.Join(t.TempDir(), "data")
	env := []string{"SALLYPORT_ROOT_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE", "SALLYPORT_ROOT_SECRET_ACCESS_KEY=wJalrXUtnFEMI"}
	client := idp.New(idp.Options{
		Region: "us-east-1", BaseEndpoint: aws.String("http://" + address), Retryer: aws.NopRetryer{},
		Credentials: credentials.NewStaticCredentialsProvider("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI", ""),
	})
	p := serve(t, address, env, "--data", data)
	pool, err := client.CreateUserPool(t.Context(), &idp.CreateUserPoolInput{PoolName: aws.String("kept")})
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	var acknowledged []string
	enough := make(chan struct{})
	var writers sync.WaitGroup
	for w := range 4 {
		writers.Go(func() {
			for i := 0; ; i++ {
				name := fmt.Sprintf("user-%d-%d", w, i)
				_, err := client.AdminCreateUser(t.Context(), &idp.AdminCreateUserInput{
					UserPoolId: pool.UserPool.Id, Username: &name, MessageAction: idptypes.MessageActionTypeSuppress,
				})
				if err != nil {
					return // killed
				}
				mu.Lock()
				acknowledged = append(acknowledged, name)
				if len(acknowledged) == 40 {
					close(enough)
				}
				mu.Unlock()
			}
		})
	}
	select {
	case <-enough:
	case <-time.After(2 * time.Minute):
		t.Fatal("40 users take more than two minutes")
	}
	p.kill()
	writers.Wait()

	serve(t, address, env, "--data", data)
	for _, name := range acknowledged {
		if _, err := client.AdminGetUser(context.WithoutCancel(t.Context()), &idp.AdminGetUserInput{UserPoolId: pool.UserPool.Id, Username: &name}); err != nil {
			t.Errorf("%s was acknowledged: %v", name, err)
		}
	}
}

func TestASecondServerOnTheSameDataIsRefused(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	serve(t, freeAddress(t), nil, "--data", data)
	second := launch(t, nil, "up", "--listen", freeAddress(t), "--data", data)
	if code := second.exits(t); code != exitFailed || !strings.Contains(second.err.String(), "in use by another sallyport") {
		t.Errorf("it ended with %d: %s", code, second.err)
	}
}

func TestALostOrForeignMasterKeyIsRefused(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	serve(t, freeAddress(t), nil, "--data", data).interrupt(t)
	key := filepath.Join(data, "master.key")
	text, err := os.ReadFile(key)
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func() error{
		"lost": func() error { return os.Remove(key) },
		"another one": func() error {
			return os.WriteFile(key, []byte("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"), 0o600)
		},
		"open to all":   func() error { return errors.Join(os.WriteFile(key, text, 0o600), os.Chmod(key, 0o644)) },
		"only half one": func() error { return os.WriteFile(key, text[:20], 0o600) },
	} {
		t.Run(name, func(t *testing.T) {
			if err := change(); err != nil {
				t.Fatal(err)
			}
			defer func() {
				os.Remove(key)
				if err := os.WriteFile(key, text, 0o600); err != nil {
					t.Fatal(err)
				}
			}()
			p := launch(t, nil, "up", "--listen", freeAddress(t), "--data", data)
			if code := p.exits(t); code != exitFailed || !strings.Contains(p.err.String(), "master key") || strings.Count(p.err.String(), "\n") != 1 {
				t.Errorf("it ended with %d: %s", code, p.err)
			}
		})
	}
	serve(t, freeAddress(t), nil, "--data", data).interrupt(t) // the right one still opens it
}
