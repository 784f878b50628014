package account_test

import (
	"encoding/base64"
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"
)

func TestATokenIsNothingWithoutItsKeyAndTheOtherWayRound(t *testing.T) {
	w, elsewhere := newWorld(t), newWorld(t)
	make := func(w *world) aws.Credentials {
		ann := w.user("ann", "")
		arn := w.role("r", trust(`{"AWS":"`+arnOfAnn+`"}`), allow("iam:*", "*"))
		return w.assumed(ann, &sts.AssumeRoleInput{RoleArn: &arn})
	}
	good, foreign := make(w), make(elsewhere)
	other := w.assumed(w.key("ann"), &sts.AssumeRoleInput{RoleArn: new("arn:aws:iam::" + number + ":role/r")})
	w.refused("the key with its token", w.listUsers(good), "")
	with := func(id, secret, token string) aws.Credentials {
		return aws.Credentials{AccessKeyID: id, SecretAccessKey: secret, SessionToken: token}
	}
	raw, err := base64.StdEncoding.DecodeString(good.SessionToken)
	if err != nil {
		t.Fatal(err)
	}
	bent := append([]byte(nil), raw...)
	bent[len(bent)/2] ^= 1
	for name, c := range map[string]aws.Credentials{
		"no token":                   with(good.AccessKeyID, good.SecretAccessKey, ""),
		"the token of another key":   with(good.AccessKeyID, good.SecretAccessKey, other.SessionToken),
		"another key's id":           with(other.AccessKeyID, good.SecretAccessKey, good.SessionToken),
		"a token of another keyring": foreign,
		"cut short":                  with(good.AccessKeyID, good.SecretAccessKey, good.SessionToken[:len(good.SessionToken)-8]),
		"cut to nothing":             with(good.AccessKeyID, good.SecretAccessKey, "AAAA"),
		"one bit changed":            with(good.AccessKeyID, good.SecretAccessKey, base64.StdEncoding.EncodeToString(bent)),
		"no base64":                  with(good.AccessKeyID, good.SecretAccessKey, "!"+good.SessionToken),
		"with a tail":                with(good.AccessKeyID, good.SecretAccessKey, good.SessionToken+"AAAA"),
		"with the root's key id":     with(w.root.AccessKeyID, w.root.SecretAccessKey, good.SessionToken),
	} {
		w.refused(name, w.listUsers(c), "InvalidClientTokenId")
	}
	w.refused("another secret", w.listUsers(with(good.AccessKeyID, other.SecretAccessKey, good.SessionToken)), "SignatureDoesNotMatch")
}

func TestSessionsDieWithWhomTheyStandFor(t *testing.T) {
	w := newWorld(t)
	c, ctx := w.iam(w.root), t.Context()
	ann := w.user("ann", allow("sts:*", "*"))
	who := func(k aws.Credentials) error {
		_, err := w.sts(k).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
		return err
	}
	arn := w.role("r", trust(wholeAccount), "")
	after := w.assumed(ann, &sts.AssumeRoleInput{RoleArn: &arn})
	w.refused("of a role that is there", who(after), "")
	done[*iam.DeleteRoleOutput](w)(c.DeleteRole(ctx, &iam.DeleteRoleInput{RoleName: new("r")}))
	w.refused("of a deleted role", who(after), "InvalidClientTokenId")
	w.role("r", trust(wholeAccount), allow("*", "*"))
	w.refused("of a role that another has taken the name of", who(after), "InvalidClientTokenId")

	own := temporary(done[*sts.GetSessionTokenOutput](w)(w.sts(ann).GetSessionToken(ctx, &sts.GetSessionTokenInput{})).Credentials)
	guest := temporary(done[*sts.GetFederationTokenOutput](w)(w.sts(ann).GetFederationToken(ctx, &sts.GetFederationTokenInput{Name: new("guest")})).Credentials)
	w.refused("a user's own", who(own), "")
	w.refused("a federated user's", who(guest), "")
	done[*iam.DeleteUserPolicyOutput](w)(c.DeleteUserPolicy(ctx, &iam.DeleteUserPolicyInput{UserName: new("ann"), PolicyName: new("own")}))
	done[*iam.DeleteAccessKeyOutput](w)(c.DeleteAccessKey(ctx, &iam.DeleteAccessKeyInput{UserName: new("ann"), AccessKeyId: &ann.AccessKeyID}))
	done[*iam.DeleteUserOutput](w)(c.DeleteUser(ctx, &iam.DeleteUserInput{UserName: new("ann")}))
	w.refused("a deleted user's own", who(own), "InvalidClientTokenId")
	w.refused("of a deleted user's guest", who(guest), "InvalidClientTokenId")
}

func TestAPolicyCanEndOldSessionsByTheirTime(t *testing.T) {
	w := newWorld(t)
	ann := w.user("ann", allow("sts:*", "*"))
	arn := w.role("r", trust(wholeAccount), allow("iam:*", "*"))
	before := w.assumed(ann, &sts.AssumeRoleInput{RoleArn: &arn})
	cut := w.clock.Advance(time.Minute).Format(time.RFC3339)
	text := doc(`{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"DateLessThan":{"aws:TokenIssueTime":"` + cut + `"}}}`)
	done[*iam.PutRolePolicyOutput](w)(w.iam(w.root).PutRolePolicy(t.Context(), &iam.PutRolePolicyInput{RoleName: new("r"), PolicyName: new("AWSRevokeOlderSessions"), PolicyDocument: &text}))
	w.clock.Advance(time.Minute)
	w.refused("an old one", w.listUsers(before), "AccessDenied")
	w.refused("a new one", w.listUsers(w.assumed(ann, &sts.AssumeRoleInput{RoleArn: &arn})), "")
}

func TestWhatCredentialsOfOnesOwnMay(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	ann := w.user("ann", doc(`{"Effect":"Allow","Action":["sts:*","iam:*"],"Resource":"*"}`))
	arn := w.role("r", trust(wholeAccount), allow("iam:ListUsers", "*"))
	own := temporary(done[*sts.GetSessionTokenOutput](w)(w.sts(ann).GetSessionToken(ctx, &sts.GetSessionTokenInput{})).Credentials)
	roots := temporary(done[*sts.GetSessionTokenOutput](w)(w.sts(w.root).GetSessionToken(ctx, &sts.GetSessionTokenInput{DurationSeconds: new(int32(129600))})).Credentials)
	federate := func(c aws.Credentials, policy *string) aws.Credentials {
		return temporary(done[*sts.GetFederationTokenOutput](w)(w.sts(c).GetFederationToken(ctx, &sts.GetFederationTokenInput{Name: new("guest"), Policy: policy})).Credentials)
	}
	guest := federate(ann, new(allow("*", "*")))
	session := func(c aws.Credentials) error {
		_, err := w.sts(c).GetSessionToken(ctx, &sts.GetSessionTokenInput{})
		return err
	}
	vouch := func(c aws.Credentials) error {
		_, err := w.sts(c).GetFederationToken(ctx, &sts.GetFederationTokenInput{Name: new("friend")})
		return err
	}
	role := func(c aws.Credentials) error {
		_, err := w.assume(c, &sts.AssumeRoleInput{RoleArn: &arn})
		return err
	}
	info := func(c aws.Credentials) error {
		_, err := w.sts(c).GetAccessKeyInfo(ctx, &sts.GetAccessKeyInfoInput{AccessKeyId: &ann.AccessKeyID})
		return err
	}
	const no = "AccessDenied"
	for name, c := range map[string]struct {
		credentials                       aws.Credentials
		iam, session, vouch, assume, info string
	}{
		"a user's key":           {ann, "", "", "", "", ""},
		"a user's session":       {own, no, no, no, "", no},
		"root's session":         {roots, no, no, no, no, no},
		"a guest":                {guest, no, no, no, no, no},
		"a guest of root":        {federate(w.root, new(allow("*", "*"))), no, no, no, no, no},
		"a guest without policy": {federate(w.root, nil), no, no, no, no, no},
		"an assumed role":        {w.assumed(ann, &sts.AssumeRoleInput{RoleArn: &arn}), "", no, no, no, no},
	} {
		w.refused(name+": iam", w.listUsers(c.credentials), c.iam)
		w.refused(name+": GetSessionToken", session(c.credentials), c.session)
		w.refused(name+": GetFederationToken", vouch(c.credentials), c.vouch)
		w.refused(name+": AssumeRole", role(c.credentials), c.assume)
		w.refused(name+": GetAccessKeyInfo", info(c.credentials), c.info)
	}
	who := done[*sts.GetCallerIdentityOutput](w)(w.sts(guest).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{}))
	if *who.Arn != "arn:aws:sts::"+number+":federated-user/guest" || *who.UserId != number+":guest" {
		t.Errorf("the guest is %s, %s", *who.Arn, *who.UserId)
	}
	w.clock.Advance(61 * time.Minute)
	w.refused("root's session after an hour", w.listUsers(roots), "ExpiredToken")
}

func TestATokenStaysShortEnoughForAHeader(t *testing.T) {
	w := newWorld(t)
	w.user("ann", "")
	arn := w.role("r", doc(`{"Effect":"Allow","Principal":{"AWS":"`+arnOfAnn+`"},"Action":["sts:AssumeRole","sts:TagSession"]}`), "")
	ann := w.key("ann")
	random := func(n, length int) string { // hard to pack
		text, x := make([]byte, length), uint32(n*7919+1)
		for i := range text {
			x = x*1664525 + 1013904223
			text[i] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_+"[x>>26]
		}
		return string(text)
	}
	tags := func(n int) []types.Tag {
		list := make([]types.Tag, n)
		for i := range list {
			list[i] = types.Tag{Key: new(fmt.Sprint(i, random(i, 120))), Value: new(random(-i, 250))}
		}
		return list
	}
	_, err := w.assume(ann, &sts.AssumeRoleInput{RoleArn: &arn, Tags: tags(50)})
	w.refused("more than may be packed", err, "PackedPolicyTooLarge")
	out := done[*sts.AssumeRoleOutput](w)(w.assume(ann, &sts.AssumeRoleInput{RoleArn: &arn, Tags: tags(12)}))
	//lint:ignore SA1019 clients of today read it
	percent := *out.PackedPolicySize
	if n := len(*out.Credentials.SessionToken); n > 8192 || percent < 50 || percent > 100 {
		t.Errorf("a token of %d characters, %d%% packed", n, percent)
	}
	c := temporary(out.Credentials)
	if _, err := w.sts(c).GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{}); err != nil {
		t.Error(err)
	}
}
