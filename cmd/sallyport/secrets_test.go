package main

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"github.com/sallyport/sallyport/internal/store/storetest"
)

const inline = `Transform: AWS::Serverless-2016-10-31
Resources:
  People: {Type: AWS::Cognito::UserPool, Properties: {UserPoolName: pizza}}
  App: {Type: AWS::Cognito::UserPoolClient, Properties: {UserPoolId: !Ref People, ExplicitAuthFlows: [ALLOW_USER_PASSWORD_AUTH, ALLOW_REFRESH_TOKEN_AUTH]}}
  Regular:
    Type: AWS::Cognito::UserPoolUser
    Metadata: {Sallyport: {PermanentPassword: Generate}}
    Properties: {UserPoolId: !Ref People, Username: regular, MessageAction: SUPPRESS}
  Api:
    Type: AWS::Serverless::Api
    Properties:
      StageName: Prod
      Auth: {DefaultAuthorizer: SignedIn, Authorizers: {SignedIn: {UserPoolArn: !GetAtt People.Arn}}}
  Pizzeria:
    Type: AWS::Serverless::Function
    Properties:
      InlineCode: "exports.handler = async (e) => ({ statusCode: 200, body: JSON.stringify(e.requestContext.authorizer.claims) + process.env.SALLYPORT_MASTER_KEY + process.env.TOPPING.length })"
      Handler: index.handler
      Runtime: nodejs22.x
      Timeout: 30
      Environment: {Variables: {TOPPING: a-secret-topping-of-the-house}}
      Events: {Welcome: {Type: Api, Properties: {RestApiId: !Ref Api, Path: /, Method: get}}}
`

// What the operator gives and what the program makes up is on the terminal of
// whoever started it, if at all: not in ps, not in the log, not on the disk.
func TestSecretsStayWithTheProgram(t *testing.T) {
	const master = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
	folder := t.TempDir()
	template := filepath.Join(folder, "template.yaml")
	if err := os.WriteFile(template, []byte(inline), 0o600); err != nil {
		t.Fatal(err)
	}
	data := filepath.Join(folder, "data")
	env := append([]string{"SALLYPORT_MASTER_KEY=" + master}, rootEnv...)
	p := serve(t, freeAddress(t), env, "--data", data, "--log-level", "debug", template)
	printed := p.shows(t, "", "Signed in (200)")
	pasted(t, printed, "undefined29") // the function sees its own environment, and not the server's
	made := regexp.MustCompile(`password (\S+)\n`).FindStringSubmatch(printed)[1]
	lines := curlLines(printed)
	signIn := regexp.MustCompile(`\$\((curl .*)\)" `).FindStringSubmatch(lines[len(lines)-1])[1]
	token := strings.TrimSpace(shell(t, nil, signIn))

	secrets := map[string]string{
		"master key": master, "root secret": rootSecret, "environment of a function": "a-secret-topping-of-the-house",
		"generated password": made, "ID token": token[strings.LastIndexByte(token, '.')+1:],
	}
	if runtime.GOOS == "linux" {
		for _, name := range []string{"environ", "cmdline"} {
			text, err := os.ReadFile(fmt.Sprintf("/proc/%d/%s", p.cmd.Process.Pid, name))
			if err != nil || !bytes.Contains(text, []byte(map[string]string{"environ": "PATH=", "cmdline": "--data"}[name])) {
				t.Errorf("/proc tells %q, %v", text, err)
			}
			for what, secret := range secrets {
				if bytes.Contains(text, []byte(secret)) {
					t.Errorf("the %s stands in %s", what, name)
				}
			}
		}
	}
	p.interrupt(t)
	if p.err.String() == "" {
		t.Error("at the level debug there is no log")
	}
	for what, secret := range secrets {
		if strings.Contains(p.err.String(), secret) {
			t.Errorf("the %s stands in the log", what)
		}
		if what != "generated password" && strings.Contains(printed, secret) {
			t.Errorf("the %s was printed", what)
		}
	}
	files := 0
	err := filepath.WalkDir(data, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		files++
		text, err := os.ReadFile(path)
		for what, secret := range secrets {
			if bytes.Contains(text, []byte(secret)) {
				t.Errorf("the %s lies in %s", what, path)
			}
		}
		return err
	})
	if err != nil || files == 0 {
		t.Errorf("%d files, %v", files, err)
	}
}

func TestTheDatabasesPasswordIsNotInPs(t *testing.T) {
	database := storetest.Postgres(t)
	password := regexp.MustCompile(`:([^:@/]+)@`).FindStringSubmatch(database)
	if password == nil {
		t.Fatal("the test's PostgreSQL asks for no password")
	}
	early := launch(t, nil, "env", "--data", t.TempDir(), "--database", database)
	if code := early.exits(t); code != exitFailed || early.err.String() != "sallyport: no server has run with this database yet: start one with sallyport up, or name another with --database\n" {
		t.Errorf("env before there is a server ends with %d: %s", code, early.err)
	}
	for name, args := range map[string][]string{"flag": {"--database", database}, "flag with =": {"--database=" + database}, "environment": nil} {
		t.Run(name, func(t *testing.T) {
			var env []string
			if args == nil {
				env = []string{"SALLYPORT_DATABASE=" + database}
			}
			env = append(env, "SALLYPORT_MASTER_KEY=AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=")
			p := serve(t, freeAddress(t), env, append([]string{"--data", filepath.Join(t.TempDir(), "data"), "--log-level", "debug"}, args...)...)
			for _, name := range []string{"environ", "cmdline"} {
				text, err := os.ReadFile(fmt.Sprintf("/proc/%d/%s", p.cmd.Process.Pid, name))
				if runtime.GOOS == "linux" && (err != nil || bytes.Contains(text, []byte(password[1]))) {
					t.Errorf("%s shows it (%v)", name, err)
				}
			}
			p.interrupt(t)
			if strings.Contains(p.err.String()+p.out.String(), password[1]) {
				t.Errorf("it was printed")
			}
		})
	}
}
