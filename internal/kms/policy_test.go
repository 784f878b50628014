package kms_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
)

const (
	all      = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"kms:*","Resource":"*"}}`
	rootOnly = `{"Sid":"root","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::` + number + `:root"},"Action":"kms:*","Resource":"*"}`
)

func says(statements string) string {
	return `{"Version":"2012-10-17","Statement":[` + statements + `]}`
}

func to(user, action, condition string) string {
	text := `{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::` + number + `:user/` + user + `"},"Action":"` + action + `","Resource":"*"`
	if condition != "" {
		text += `,"Condition":` + condition
	}
	return text + "}"
}

// The key policy decides, and the account's policies only where it leaves it to them.
func TestTheKeyPolicyDecides(t *testing.T) {
	w := newWorld(t)
	poor, rich := w.user("poor", ""), w.user("rich", all)
	pool := map[string]string{"userpool-id": "p1"}
	for _, c := range []struct {
		what, policy string
		client       *kms.Client
		context      map[string]string
		may          bool
	}{
		{"the account decides, and says nothing", says(rootOnly), poor, nil, false},
		{"the account decides, and allows", says(rootOnly), rich, nil, true},
		{"the account decides, and allows root", says(rootOnly), w.Client, nil, true},
		{"the key names the user", says(to("poor", "kms:Encrypt", "")), poor, nil, true},
		{"the key names the user for another action", says(to("poor", "kms:Decrypt", "")), poor, nil, false},
		{"the key names another user, whatever the account allows", says(to("poor", "kms:*", "")), rich, nil, false},
		{"the key names another user: root has no more than others", says(to("poor", "kms:*", "")), w.Client, nil, false},
		{"the key denies what the account allows", says(rootOnly + `,{"Effect":"Deny","Principal":"*","Action":"kms:Encrypt","Resource":"*"}`), rich, nil, false},
		{"the right context", says(to("poor", "kms:Encrypt", `{"StringEquals":{"kms:EncryptionContext:userpool-id":"p1"}}`)), poor, pool, true},
		{"another context", says(to("poor", "kms:Encrypt", `{"StringEquals":{"kms:EncryptionContext:userpool-id":"p2"}}`)), poor, pool, false},
		{"no context", says(to("poor", "kms:Encrypt", `{"StringEquals":{"kms:EncryptionContext:userpool-id":"p1"}}`)), poor, nil, false},
		{"a name of the context in two cases", says(to("poor", "kms:Encrypt", `{"StringEquals":{"kms:EncryptionContext:userpool-id":"p1"}}`)), poor, map[string]string{"userpool-id": "p1", "UserPool-Id": "p2"}, false},
		{"the names of the context", says(to("poor", "kms:Encrypt", `{"ForAllValues:StringEquals":{"kms:EncryptionContextKeys":["userpool-id"]}}`)), poor, pool, true},
		{"one more name in the context", says(to("poor", "kms:Encrypt", `{"ForAllValues:StringEquals":{"kms:EncryptionContextKeys":["userpool-id"]}}`)), poor, map[string]string{"userpool-id": "p1", "x": ""}, false},
		{"through a service, which nobody is who calls here", says(to("poor", "kms:Encrypt", `{"StringEquals":{"kms:ViaService":"cognito-idp.eu-west-1.amazonaws.com"}}`)), poor, nil, false},
		{"the caller's account", says(to("poor", "kms:Encrypt", `{"StringEquals":{"kms:CallerAccount":"`+number+`"}}`)), poor, nil, true},
		{"another caller's account", says(to("poor", "kms:Encrypt", `{"StringEquals":{"kms:CallerAccount":"111111111111"}}`)), poor, nil, false},
		{"by its alias", says(to("poor", "kms:Encrypt", `{"StringEquals":{"kms:RequestAlias":"alias/it"}}`)), poor, nil, false},
		{"everybody", says(`{"Effect":"Allow","Principal":"*","Action":"kms:Encrypt","Resource":"*"}`), poor, nil, true},
	} {
		t.Run(c.what, func(t *testing.T) {
			key := w.key(c.policy)
			_, err := c.client.Encrypt(ctx, &kms.EncryptInput{KeyId: &key, Plaintext: []byte("x"), EncryptionContext: c.context})
			if !c.may {
				refused(t, err, "AccessDeniedException")
			} else if err != nil {
				t.Error(err)
			}
		})
	}
}

func TestAnAliasOpensNoMoreThanItsKey(t *testing.T) {
	w := newWorld(t)
	poor, rich := w.user("poor", ""), w.user("rich", all)
	key := w.key(says(rootOnly + "," + to("poor", "kms:Encrypt", `{"StringEquals":{"kms:RequestAlias":"alias/it"}}`)))
	must(w.CreateAlias(ctx, &kms.CreateAliasInput{AliasName: aws.String("alias/it"), TargetKeyId: &key}))(t)
	must(poor.Encrypt(ctx, &kms.EncryptInput{KeyId: aws.String("alias/it"), Plaintext: []byte("x")}))(t)
	_, err := poor.Encrypt(ctx, &kms.EncryptInput{KeyId: &key, Plaintext: []byte("x")})
	refused(t, err, "AccessDeniedException")
	closed := w.key(says(to("nobody", "kms:*", "")))
	_, err = rich.CreateAlias(ctx, &kms.CreateAliasInput{AliasName: aws.String("alias/mine"), TargetKeyId: &closed})
	refused(t, err, "AccessDeniedException")
	_, err = rich.UpdateAlias(ctx, &kms.UpdateAliasInput{AliasName: aws.String("alias/it"), TargetKeyId: &closed})
	refused(t, err, "AccessDeniedException")
	must(w.PutKeyPolicy(ctx, &kms.PutKeyPolicyInput{KeyId: &key, Policy: aws.String(says(to("nobody", "kms:*", ""))), BypassPolicyLockoutSafetyCheck: true}))(t)
	_, err = rich.DeleteAlias(ctx, &kms.DeleteAliasInput{AliasName: aws.String("alias/it")})
	refused(t, err, "AccessDeniedException")
}

func TestReEncryptNeedsBothKeys(t *testing.T) {
	w := newWorld(t)
	rich := w.user("rich", all)
	open, closed := w.key(""), w.key(says(rootOnly+`,{"Effect":"Deny","Principal":{"AWS":"arn:aws:iam::`+number+`:user/rich"},"Action":"kms:ReEncrypt*","Resource":"*"}`))
	sealed := must(w.Encrypt(ctx, &kms.EncryptInput{KeyId: &open, Plaintext: []byte("x")}))(t).CiphertextBlob
	shut := must(w.Encrypt(ctx, &kms.EncryptInput{KeyId: &closed, Plaintext: []byte("x")}))(t).CiphertextBlob
	_, err := rich.ReEncrypt(ctx, &kms.ReEncryptInput{CiphertextBlob: sealed, DestinationKeyId: &closed})
	refused(t, err, "AccessDeniedException")
	_, err = rich.ReEncrypt(ctx, &kms.ReEncryptInput{CiphertextBlob: shut, DestinationKeyId: &open})
	refused(t, err, "AccessDeniedException")
	_, err = rich.ReEncrypt(ctx, &kms.ReEncryptInput{CiphertextBlob: shut, SourceKeyId: &open, DestinationKeyId: &open})
	refused(t, err, "AccessDeniedException") // a wrong KeyId does not change whose policy is asked
}

func TestNobodyLocksThemselvesOut(t *testing.T) {
	w := newWorld(t)
	key := w.key("")
	for what, policy := range map[string]string{
		"another's key":     says(to("poor", "kms:*", "")),
		"no administration": says(`{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::` + number + `:root"},"Action":"kms:Encrypt","Resource":"*"}`),
		"no policy":         `{}`,
		"no JSON":           `x`,
		"no principal":      all,
		"too long":          says(rootOnly) + string(make([]byte, 32769)),
	} {
		_, err := w.PutKeyPolicy(ctx, &kms.PutKeyPolicyInput{KeyId: &key, Policy: &policy})
		if err == nil {
			t.Errorf("%s is taken", what)
			continue
		}
		refused(t, err, "MalformedPolicyDocumentException")
		_, err = w.CreateKey(ctx, &kms.CreateKeyInput{Policy: &policy})
		refused(t, err, "MalformedPolicyDocumentException")
	}
	text := says(rootOnly)
	must(w.PutKeyPolicy(ctx, &kms.PutKeyPolicyInput{KeyId: &key, Policy: &text}))(t)
	if got := must(w.GetKeyPolicy(ctx, &kms.GetKeyPolicyInput{KeyId: &key}))(t); *got.Policy != text || *got.PolicyName != "default" {
		t.Errorf("policy %s %s", *got.PolicyName, *got.Policy)
	}
	_, err := w.GetKeyPolicy(ctx, &kms.GetKeyPolicyInput{KeyId: &key, PolicyName: aws.String("other")})
	refused(t, err, "NotFoundException")
}

// Whether a key is there is told to those who may ask for it.
func TestWhoMayNotAskHearsNothing(t *testing.T) {
	w := newWorld(t)
	poor, rich := w.user("poor", ""), w.user("rich", all)
	key := w.key("")
	for _, id := range []string{key, "00000000-0000-4000-8000-000000000000", "nothing", "arn:aws:kms:eu-west-1:111111111111:key/00000000-0000-4000-8000-000000000000"} {
		_, err := poor.DescribeKey(ctx, &kms.DescribeKeyInput{KeyId: &id})
		refused(t, err, "AccessDeniedException")
	}
	for _, id := range []string{"00000000-0000-4000-8000-000000000000", "nothing", "alias/none"} {
		_, err := rich.DescribeKey(ctx, &kms.DescribeKeyInput{KeyId: &id})
		refused(t, err, "NotFoundException")
	}
	tagger := w.user("tagger", `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"kms:CreateKey","Resource":"*"}}`)
	_, err := tagger.CreateKey(ctx, &kms.CreateKeyInput{BypassPolicyLockoutSafetyCheck: true, Tags: []types.Tag{{TagKey: aws.String("a"), TagValue: aws.String("b")}}})
	refused(t, err, "AccessDeniedException")
	must(tagger.CreateKey(ctx, &kms.CreateKeyInput{BypassPolicyLockoutSafetyCheck: true}))(t)
}
