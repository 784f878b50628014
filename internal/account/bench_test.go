package account_test

import (
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/account"
	"github.com/sallyport/sallyport/internal/keyring"
)

// benched is a user with ten policies and a session of a role with one.
func benched(b *testing.B) (s *account.Service, user, role access.Caller, key, token string) {
	ctx := b.Context()
	db := memory(b)
	s = started(b, db, openRing(b, db, keyring.NewMaster()), account.Credentials{AccessKeyID: "operator", SecretAccessKey: keyring.NewSecret("s3cret")})
	must := func(err error) {
		if err != nil {
			b.Fatal(err)
		}
	}
	call := &access.Call{Caller: s.Root(), Account: number, Time: db.Now()}
	_, err := s.CreateUser(ctx, call, &iam.CreateUserInput{UserName: new("ann")})
	must(err)
	for i := range 10 {
		_, err := s.PutUserPolicy(ctx, call, &iam.PutUserPolicyInput{UserName: new("ann"), PolicyName: new(fmt.Sprint("p", i)), PolicyDocument: new(allow("sts:AssumeRole", "*"))})
		must(err)
	}
	k, err := s.CreateAccessKey(ctx, call, &iam.CreateAccessKeyInput{UserName: new("ann")})
	must(err)
	made, err := s.CreateRole(ctx, call, &iam.CreateRoleInput{RoleName: new("r"), AssumeRolePolicyDocument: new(trust(wholeAccount))})
	must(err)
	_, err = s.PutRolePolicy(ctx, call, &iam.PutRolePolicyInput{RoleName: new("r"), PolicyName: new("p"), PolicyDocument: new(allow("lambda:*", "*"))})
	must(err)
	_, user, err = s.Key(ctx, *k.AccessKey.AccessKeyId, "")
	must(err)
	call.Caller = user
	out, err := s.AssumeRole(ctx, call, &sts.AssumeRoleInput{RoleArn: made.Role.Arn, RoleSessionName: new("shift"), Policy: new(allow("lambda:*", "*"))})
	must(err)
	key, token = *out.Credentials.AccessKeyId, *out.Credentials.SessionToken
	_, role, err = s.Key(ctx, key, token)
	must(err)
	return s, user, role, key, token
}

func BenchmarkAuthorize(b *testing.B) {
	s, user, role, _, _ := benched(b)
	for name, c := range map[string]struct {
		caller access.Caller
		action string
	}{"user": {user, "sts:AssumeRole"}, "session with a policy": {role, "lambda:InvokeFunction"}} {
		b.Run(name, func(b *testing.B) {
			call := &access.Call{Caller: c.caller, Account: number}
			b.ReportAllocs()
			for b.Loop() {
				if v := s.Authorize(b.Context(), call, c.action, "*"); !v.Allowed {
					b.Fatal(v.Reason)
				}
			}
		})
	}
}

func BenchmarkKey(b *testing.B) {
	s, user, _, key, token := benched(b)
	for name, c := range map[string]struct{ id, token string }{"user": {user.AccessKeyID, ""}, "session": {key, token}} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, _, err := s.Key(b.Context(), c.id, c.token); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
