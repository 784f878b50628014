package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	idptypes "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
)

// postOffice takes every mail, and asks nobody who they are.
func postOffice(t testing.TB, got *screen) (address string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	check(t, err)
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				in := bufio.NewScanner(conn)
				fmt.Fprint(conn, "220 mail\r\n")
				for in.Scan() {
					switch verb := strings.ToUpper(strings.SplitN(in.Text(), " ", 2)[0]); verb {
					case "EHLO":
						fmt.Fprint(conn, "250-mail\r\n250 AUTH PLAIN\r\n")
					case "AUTH":
						fmt.Fprint(conn, "235 ok\r\n")
					case "DATA":
						fmt.Fprint(conn, "354 go on\r\n")
						for in.Scan() && in.Text() != "." {
							fmt.Fprintln(got, in.Text())
						}
						fmt.Fprint(conn, "250 ok\r\n")
					default:
						fmt.Fprint(conn, "250 ok\r\n")
					}
				}
			}()
		}
	}()
	return l.Addr().String()
}

// Mails and texts leave a real server, which tells nobody how.
func TestMessagesLeaveByMailAndWebhook(t *testing.T) {
	mails, texts := new(screen), new(screen)
	hook := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		text, _ := io.ReadAll(r.Body)
		_, _ = texts.Write(text)
	}))
	defer hook.Close()
	const password, shared = "mail-password-0815", "shared-secret-of-the-webhook"
	address, office := freeAddress(t), postOffice(t, mails)
	p := serve(t, address, append([]string{"SALLYPORT_SMS_WEBHOOK_SECRET=" + shared}, rootEnv...), "--ephemeral", "--log-level", "debug",
		"--smtp", "smtp://pizza:"+password+"@"+office, "--mail-from", "Pizza <no-reply@pizza.example>", "--sms-webhook", hook.URL+"/path-0815")
	p.shows(t, "", "Mails leave by smtp://"+office+" from Pizza <no-reply@pizza.example>; texts are posted to "+strings.TrimPrefix(hook.URL, "http://")+"\n")
	users, _ := clients(address)
	pool, err := users.CreateUserPool(t.Context(), &idp.CreateUserPoolInput{PoolName: aws.String("pizza"), AutoVerifiedAttributes: []idptypes.VerifiedAttributeType{"email", "phone_number"}})
	check(t, err)
	client, err := users.CreateUserPoolClient(t.Context(), &idp.CreateUserPoolClientInput{UserPoolId: pool.UserPool.Id, ClientName: aws.String("web")})
	check(t, err)
	for name, attribute := range map[string][2]string{"ann": {"email", "ann@example.com"}, "bob": {"phone_number", "+15550100123"}} {
		_, err := users.SignUp(t.Context(), &idp.SignUpInput{ClientId: client.UserPoolClient.ClientId, Username: &name, Password: aws.String(loginPassword),
			UserAttributes: []idptypes.AttributeType{{Name: &attribute[0], Value: &attribute[1]}}})
		check(t, err)
	}
	p.waitFor(t, "both are taken", func() bool {
		return strings.Contains(mails.String(), "Your verification code is ") && strings.Contains(texts.String(), "Your verification code is ")
	})
	_, code, _ := strings.Cut(mails.String(), "Your verification code is ")
	_, err = users.ConfirmSignUp(t.Context(), &idp.ConfirmSignUpInput{ClientId: client.UserPoolClient.ClientId, Username: aws.String("ann"), ConfirmationCode: aws.String(code[:6])})
	check(t, err)
	var text struct{ To, Text string }
	check(t, json.Unmarshal([]byte(texts.String()), &text))
	if text.To != "+15550100123" {
		t.Errorf("the text went to %s", text.To)
	}
	p.waitFor(t, "the outbox forgets", func() bool {
		asking := launch(t, []string{"SALLYPORT_LISTEN=" + address}, "outbox", "--ephemeral")
		return asking.exits(t) == exitDone && strings.Count(asking.out.String(), "  delivered\n") == 2 && !strings.Contains(asking.out.String(), code[:6])
	})
	if runtime.GOOS == "linux" {
		for _, name := range []string{"environ", "cmdline"} {
			shown, err := os.ReadFile(fmt.Sprintf("/proc/%d/%s", p.cmd.Process.Pid, name))
			if err != nil || bytes.Contains(shown, []byte(password)) || bytes.Contains(shown, []byte(shared)) {
				t.Errorf("%s shows a secret, or nothing: %v", name, err)
			}
		}
	}
	p.interrupt(t)
	for _, private := range []string{password, shared, "ann@example.com", "+15550100123", code[:6], "path-0815"} {
		if strings.Contains(p.err.String()+p.out.String(), private) {
			t.Errorf("%q stands in the log", private)
		}
	}
}
