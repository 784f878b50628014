package server_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/sallyport/sallyport/internal/config"
)

// An identity pool gives the role of a group to whoever is in it: an editor of
// groups must not be able to hand out more than what they may pass.
func TestAGroupGetsARoleOnlyFromWhomMayPassIt(t *testing.T) {
	w := start(t, config.Config{}, nil)
	p := w.people(t, "carla")
	roles := iam.NewFromConfig(w.aws)
	ctx := t.Context()
	must(roles.CreateUser(ctx, &iam.CreateUserInput{UserName: aws.String("editor")}))(t)
	must(roles.PutUserPolicy(ctx, &iam.PutUserPolicyInput{UserName: aws.String("editor"), PolicyName: aws.String("groups"), PolicyDocument: aws.String(
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"cognito-idp:*","Resource":"*"},
		{"Effect":"Allow","Action":"iam:PassRole","Resource":"arn:aws:iam::` + account + `:role/customer","Condition":{"StringEquals":{"iam:PassedToService":"cognito-identity.amazonaws.com"}}}]}`)}))(t)
	key := must(roles.CreateAccessKey(ctx, &iam.CreateAccessKeyInput{UserName: aws.String("editor")}))(t).AccessKey
	editor := clients(w.url, *key.AccessKeyId, *key.SecretAccessKey, nil).pools

	role := func(name string) *string { return aws.String("arn:aws:iam::" + account + ":role/" + name) }
	_, err := editor.CreateGroup(ctx, &idp.CreateGroupInput{UserPoolId: &p.pool, GroupName: aws.String("bosses"), RoleArn: role("boss")})
	if code(err) != "AccessDeniedException" || !strings.Contains(err.Error(), "is not authorized to perform: iam:PassRole on resource: "+*role("boss")+" because no identity-based policy allows the iam:PassRole action") {
		t.Errorf("a role that the editor may not pass: %v", err)
	}
	must(editor.CreateGroup(ctx, &idp.CreateGroupInput{UserPoolId: &p.pool, GroupName: aws.String("plain")}))(t)
	must(editor.CreateGroup(ctx, &idp.CreateGroupInput{UserPoolId: &p.pool, GroupName: aws.String("customers"), RoleArn: role("customer")}))(t)
	if _, err := editor.UpdateGroup(ctx, &idp.UpdateGroupInput{UserPoolId: &p.pool, GroupName: aws.String("plain"), RoleArn: role("boss")}); code(err) != "AccessDeniedException" {
		t.Errorf("by an update: %v", err)
	}
	must(editor.UpdateGroup(ctx, &idp.UpdateGroupInput{UserPoolId: &p.pool, GroupName: aws.String("plain"), RoleArn: role("customer")}))(t)
	must(w.pools.UpdateGroup(ctx, &idp.UpdateGroupInput{UserPoolId: &p.pool, GroupName: aws.String("plain"), RoleArn: role("boss")}))(t)
}
