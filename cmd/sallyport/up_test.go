package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

const root = "../.." // of the module, from here

// pizza is the template of a copy of the first example.
func pizza(t testing.TB) string { return example(t, "pizza") }

// example copies one to where its functions still build, and returns the
// template's path.
func example(t testing.TB, name string) string {
	t.Helper()
	dir, err := os.MkdirTemp(filepath.Join(root, "examples"), ".copy-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.CopyFS(dir, os.DirFS(filepath.Join(root, "examples", name))); err != nil {
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

	source := filepath.Join(filepath.Dir(template), "function", "main.go")
	edit(t, source, `"Welcome"`, `"Welcome back"`)
	printed = p.shows(t, printed, "Stack pizza: 1 updated")
	pasted(t, printed, `"message":"Welcome back"`)

	edit(t, source, "func main()", "func main( {")
	printed = p.shows(t, printed, "BUILD_FAILED", "what was deployed before goes on")
	if told := p.err.String(); !strings.Contains(told, "main.go:") {
		t.Errorf("code that does not compile is told as\n%s", told)
	}
	pasted(t, printed, `"message":"Welcome back"`)

	// Two saves in a row: the second comes while the first is being deployed.
	lines := curlLines(printed)
	edit(t, source, "func main( {", "func main()")
	edit(t, source, `"Welcome back"`, `"Welcome home"`)
	p.shows(t, printed, "changed; deploying again")
	edit(t, source, `"Welcome home"`, `"Welcome again"`)
	p.waitFor(t, "the second save is deployed, too", func() bool {
		_, body := answer(t, shell(t, nil, lines[len(lines)-1]))
		return strings.Contains(body, `"message":"Welcome again"`)
	})
	printed = p.out.String()

	edit(t, template, "Path: /\n", "Path: /pizzas\n")
	printed = p.shows(t, printed, "GET     /pizzas", "Signed in (200)")
	pasted(t, printed, `"message":"Welcome again"`)

	edit(t, template, "Runtime: provided.al2023", "Runtime: cobol")
	printed = p.shows(t, printed, "what was deployed before goes on")
	if told := p.err.String(); !regexp.MustCompile(`template\.yaml:\d+:\d+: runtime "cobol" is not supported`).MatchString(told) {
		t.Errorf("a mistake in the template is told as\n%s", told)
	}
	pasted(t, printed, `"message":"Welcome again"`)
	edit(t, template, "Runtime: cobol", "Runtime: provided.al2023")
	p.shows(t, printed, "as the template says")
	p.interrupt(t)

	again := up()
	printed = again.shows(t, "", "as the template says; nothing to change", "Signed in (200)")
	pasted(t, printed, `"message":"Welcome again"`)
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
