package server_test

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	idptypes "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
	"github.com/aws/aws-sdk-go-v2/service/kms"

	"github.com/sallyport/sallyport/internal/config"
)

// postman opens what it brings as the format of the AWS Encryption SDK says, with
// the key that KMS opens for its role, and takes it to a post office.
const postman = asItself + `
const open = async (message, pool) => {
  let at = 4 // version, type, suite
  const take = n => message.subarray(at, at += n), size = () => take(2).readUInt16BE()
  const id = take(16), said = {}
  size()
  for (let pairs = size(); pairs > 0; pairs--) { const name = take(size()).toString(); said[name] = take(size()).toString() }
  if (size() !== 1) throw new Error("more than one key")
  take(size()); take(size())
  const wrapped = take(size())
  take(1 + 4 + 1 + 4) // framed, reserved, length of an IV, length of a frame
  const head = message.subarray(0, at)
  const { Plaintext } = await call("kms", "TrentService.Decrypt", { CiphertextBlob: wrapped.toString("base64"), EncryptionContext: said })
  const key = Buffer.from(hkdfSync("sha256", Buffer.from(Plaintext, "base64"), Buffer.alloc(0), Buffer.concat([message.subarray(2, 4), id]), 32))
  const unseal = (iv, text, tag, about) => {
    const d = createDecipheriv("aes-256-gcm", key, iv)
    d.setAAD(about); d.setAuthTag(tag)
    return Buffer.concat([d.update(text), d.final()])
  }
  unseal(take(12), Buffer.alloc(0), take(16), head)
  take(4) // the final frame
  const number = take(4), iv = take(12), length = take(4), text = take(length.readUInt32BE())
  const about = Buffer.concat([id, Buffer.from("AWSKMSEncryptionClient Final Frame"), number, Buffer.alloc(4), length])
  if (said["userpool-id"] !== pool) throw new Error("a message of another pool")
  return unseal(iv, text, take(16), about).toString()
}
exports.handler = async event => {
  const code = await open(Buffer.from(event.request.code, "base64"), event.userPoolId)
  await fetch(process.env.OFFICE, { method: "POST", body: JSON.stringify({ code, event }) })
}`

// letter is what the postman brings.
type letter struct {
	Code  string
	Event struct {
		TriggerSource, UserName string
		Request                 struct {
			Type, Code     string
			UserAttributes map[string]string
		}
	}
}

// A pool's own function gets its messages, with a code that only the pool's key
// opens; nowhere else is the code in a form that anybody could read.
func TestAFunctionBringsTheMessagesOfAPool(t *testing.T) {
	folder, log := filepath.Join(t.TempDir(), "data"), new(paper)
	w := startLogging(t, config.Config{Data: folder}, nil, slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug})))
	ctx := t.Context()
	letters := make(chan letter, 8)
	office := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		var l letter
		if err := json.NewDecoder(r.Body).Decode(&l); err != nil {
			t.Error(err)
		}
		letters <- l
	}))
	t.Cleanup(office.Close)
	brought := func() letter {
		t.Helper()
		select {
		case l := <-letters:
			return l
		case <-time.After(time.Minute):
			t.Fatalf("nothing is brought\n%s", log.text.Bytes())
		}
		panic("unreachable")
	}
	key := must(kms.NewFromConfig(w.aws).CreateKey(ctx, &kms.CreateKeyInput{}))(t).KeyMetadata.Arn
	bringer := w.keeper(t, "postman", postman,
		`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"kms:Decrypt","Resource":"`+*key+`"}}`, map[string]string{"OFFICE": office.URL})
	pool := must(w.pools.CreateUserPool(ctx, &idp.CreateUserPoolInput{PoolName: aws.String("post"), AutoVerifiedAttributes: []idptypes.VerifiedAttributeType{"email"},
		LambdaConfig: &idptypes.LambdaConfigType{KMSKeyID: key, CustomEmailSender: &idptypes.CustomEmailLambdaVersionConfigType{LambdaArn: &bringer, LambdaVersion: "V1_0"}},
	}))(t).UserPool
	client := must(w.pools.CreateUserPoolClient(ctx, &idp.CreateUserPoolClientInput{UserPoolId: pool.Id, ClientName: aws.String("app"),
		ExplicitAuthFlows: []idptypes.ExplicitAuthFlowsType{"ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"}}))(t).UserPoolClient
	w.permit(t, bringer, "pool", *pool.Arn)
	p := people{pool: *pool.Id, arn: *pool.Arn, client: *client.ClientId}

	must(w.signUp(t, p, "ann"))(t)
	mail := brought()
	if r := mail.Event.Request; mail.Event.TriggerSource != "CustomEmailSender_SignUp" || r.Type != "customEmailSenderRequestV1" || r.UserAttributes["email"] != "ann@example.com" {
		t.Errorf("the postman is told %+v", mail.Event)
	}
	must(w.pools.ConfirmSignUp(ctx, &idp.ConfirmSignUpInput{ClientId: &p.client, Username: aws.String("ann"), ConfirmationCode: &mail.Code}))(t)

	// Six digits may stand anywhere by chance; an invitation's password does not.
	const word = "Unmistakable-Word-77"
	must(w.pools.AdminCreateUser(ctx, &idp.AdminCreateUserInput{UserPoolId: pool.Id, Username: aws.String("bea"), TemporaryPassword: aws.String(word),
		DesiredDeliveryMediums: []idptypes.DeliveryMediumType{"EMAIL"}, UserAttributes: []idptypes.AttributeType{{Name: aws.String("email"), Value: aws.String("bea@example.com")}}}))(t)
	if mail := brought(); mail.Code != word || mail.Event.TriggerSource != "CustomEmailSender_AdminCreateUser" || mail.Event.UserName != "bea" {
		t.Errorf("the postman brings %+v", mail)
	}
	look := func(where string, text []byte) {
		t.Helper()
		if bytes.Contains(text, []byte(word)) {
			t.Errorf("%s holds what only the postman should know", where)
		}
	}
	if outbox := w.asked(t, "GET", "/_sallyport/outbox", rootKey, rootSecret, nil).body; strings.TrimSpace(outbox) != "[]" {
		t.Errorf("the outbox has %s", outbox)
	}
	list := w.asked(t, "GET", "/_sallyport/requests?limit=50", rootKey, rootSecret, nil).body
	look("the list of requests", []byte(list))
	var known listed
	if err := json.Unmarshal([]byte(list), &known); err != nil || len(known.Requests) == 0 {
		t.Fatalf("%v: %s", err, list)
	}
	for _, one := range known.Requests {
		look("an explanation", []byte(w.asked(t, "GET", requestsPath+one.RequestID, rootKey, rootSecret, nil).body))
	}
	stop(t, w.server)
	files := 0
	if err := filepath.WalkDir(folder, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		files++
		text, err := os.ReadFile(path)
		look(path, text)
		return err
	}); err != nil || files == 0 {
		t.Fatalf("%d files: %v", files, err)
	}
	look("the log", log.text.Bytes())
}
