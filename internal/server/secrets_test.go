package server_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	idptypes "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"github.com/sallyport/sallyport/internal/config"
)

// paper is what a log is written on.
type paper struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (p *paper) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text.Write(b)
}

// After a day's work, well done and botched, no secret lies in the data folder
// while the server runs or after, nor in the log at its most talkative.
func TestNoSecretAtRestOrInTheLog(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	log := new(paper)
	w := startLogging(t, config.Config{Data: data}, map[string]string{config.EnvRootKeyID: "", config.EnvRootSecret: ""},
		slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug})))
	id, secret := w.server.RootKeyForTest()
	w = clients(w.url, id, secret, w.server)
	ctx := t.Context()

	p := w.people(t, "regular")
	secretive := must(w.pools.CreateUserPoolClient(ctx, &idp.CreateUserPoolClientInput{UserPoolId: &p.pool, ClientName: aws.String("secretive"), GenerateSecret: true,
		ExplicitAuthFlows: []idptypes.ExplicitAuthFlowsType{idptypes.ExplicitAuthFlowsTypeAllowUserPasswordAuth}}))(t).UserPoolClient
	must(w.pools.AdminCreateUser(ctx, &idp.AdminCreateUserInput{UserPoolId: &p.pool, Username: aws.String("ann"), TemporaryPassword: aws.String("Temporary-Word-7"),
		UserAttributes:         []idptypes.AttributeType{{Name: aws.String("email"), Value: aws.String("ann@example.com")}},
		DesiredDeliveryMediums: []idptypes.DeliveryMediumType{idptypes.DeliveryMediumTypeEmail}}))(t)
	challenge := must(w.pools.InitiateAuth(ctx, &idp.InitiateAuthInput{ClientId: &p.client, AuthFlow: idptypes.AuthFlowTypeUserPasswordAuth,
		AuthParameters: map[string]string{"USERNAME": "ann", "PASSWORD": "Temporary-Word-7"}}))(t)
	anns := must(w.pools.RespondToAuthChallenge(ctx, &idp.RespondToAuthChallengeInput{ClientId: &p.client, ChallengeName: challenge.ChallengeName, Session: challenge.Session,
		ChallengeResponses: map[string]string{"USERNAME": "ann", "NEW_PASSWORD": "Chosen-Word-88"}}))(t).AuthenticationResult
	tokens := w.signIn(t, p)
	refreshed := must(w.pools.InitiateAuth(ctx, &idp.InitiateAuthInput{ClientId: &p.client, AuthFlow: idptypes.AuthFlowTypeRefreshTokenAuth,
		AuthParameters: map[string]string{"REFRESH_TOKEN": *tokens.RefreshToken}}))(t).AuthenticationResult
	api := w.api(t, p.arn, w.function(t, "counting", counting))
	path := "/_aws/execute-api/" + api + "/prod/"
	w.send(t, "GET", path, "", "Authorization", *tokens.IdToken).runs(t)

	// Botched: each of these is refused, and must be refused without quoting what it was given.
	json := func(operation, body string) {
		t.Helper()
		if r := w.send(t, "POST", "/", body, "Content-Type", jsonType, "X-Amz-Target", target+operation); r.status < 400 {
			t.Fatalf("%s: %d %s", operation, r.status, r.body)
		}
	}
	json("InitiateAuth", `{"AuthFlow":"USER_PASSWORD_AUTH","ClientId":"`+p.client+`","AuthParameters":{"USERNAME":"regular","PASSWORD":"Mistyped-Word-9"}}`)
	json("InitiateAuth", `{"AuthFlow":"USER_PASSWORD_AUTH","ClientId":"`+p.client+`","AuthParameters":{"USERNAME":"regular","PASSWORD":["Mistyped-Word-9"]}}`)
	json("InitiateAuth", `{"AuthFlow":"USER_PASSWORD_AUTH","ClientId":"`+p.client+`","Mistyped-Word-9`)
	json("GetUser", `{"AccessToken":"`+flipped(*tokens.AccessToken)+`"}`)
	for _, token := range []string{flipped(*tokens.IdToken), *tokens.AccessToken, *tokens.RefreshToken} {
		if r := w.send(t, "GET", path+"?token="+token, "", "Authorization", token); r.status != 401 {
			t.Fatalf("%d %s", r.status, r.body)
		}
	}
	w.send(t, "GET", "/restapis", "", "Authorization", "Bearer "+*tokens.AccessToken)
	w.send(t, "GET", "/restapis?X-Amz-Security-Token="+*tokens.AccessToken, "", "Authorization", "AWS4-HMAC-SHA256 "+secret)

	secrets := map[string]string{
		"root secret":        secret,
		"password":           password,
		"temporary password": "Temporary-Word-7",
		"chosen password":    "Chosen-Word-88",
		"mistyped password":  "Mistyped-Word-9",
		"client secret":      *secretive.ClientSecret,
		"session":            *challenge.Session,
		"environment":        "a-secret-topping-of-the-house",
		"ID token":           signatureOf(*tokens.IdToken),
		"access token":       signatureOf(*tokens.AccessToken),
		"refresh token":      *tokens.RefreshToken,
		"refreshed token":    signatureOf(*refreshed.AccessToken),
		"ann's token":        signatureOf(*anns.AccessToken),
		"ann's refresh":      *anns.RefreshToken,
		"master key":         strings.TrimSpace(string(must(os.ReadFile(filepath.Join(data, "master.key")))(t))),
	}
	look := func(t *testing.T) {
		t.Helper()
		files := 0
		err := filepath.WalkDir(data, func(file string, entry fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			if info := must(entry.Info())(t); info.Mode().Perm()&0o077 != 0 {
				t.Errorf("%s is open to others: %v", file, info.Mode())
			}
			if !entry.Type().IsRegular() {
				return nil
			}
			files++
			text := must(os.ReadFile(file))(t)
			for what, value := range secrets {
				if filepath.Base(file) == "master.key" && what == "master key" {
					continue
				}
				for _, written := range [][]byte{[]byte(value), []byte(base64.StdEncoding.EncodeToString([]byte(value))), []byte(hex.EncodeToString([]byte(value)))} {
					if bytes.Contains(text, written) {
						t.Errorf("the %s lies in %s", what, file)
					}
				}
			}
			return nil
		})
		if err != nil || files < 3 {
			t.Fatalf("%d files, %v", files, err)
		}
	}
	look(t)
	stop(t, w.server)
	look(t)
	log.mu.Lock()
	defer log.mu.Unlock()
	if !strings.Contains(log.text.String(), "NotAuthorizedException") && !strings.Contains(log.text.String(), "refused") {
		t.Errorf("the log says nothing of refusals:\n%s", log.text.String())
	}
	for what, value := range secrets {
		if strings.Contains(log.text.String(), value) {
			t.Errorf("the %s stands in the log", what)
		}
	}
}

// signatureOf is the part of a token that makes it one.
func signatureOf(token string) string { return token[strings.LastIndexByte(token, '.')+1:] }
