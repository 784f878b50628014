package server_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	idptypes "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/smithy-go"

	"github.com/sallyport/sallyport/internal/config"
)

// restricted is a client of user pools who may do what a policy says.
func (w *world) restricted(t testing.TB, name, policy string) *idp.Client {
	t.Helper()
	users := iam.NewFromConfig(w.aws)
	must(users.CreateUser(t.Context(), &iam.CreateUserInput{UserName: &name}))(t)
	must(users.PutUserPolicy(t.Context(), &iam.PutUserPolicyInput{UserName: &name, PolicyName: aws.String("own"), PolicyDocument: &policy}))(t)
	key := must(users.CreateAccessKey(t.Context(), &iam.CreateAccessKeyInput{UserName: &name}))(t).AccessKey
	return clients(w.url, *key.AccessKeyId, *key.SecretAccessKey, w.server).pools
}

func (w *world) taggedPool(t testing.TB, tags map[string]string) *idptypes.UserPoolType {
	t.Helper()
	return must(w.pools.CreateUserPool(t.Context(), &idp.CreateUserPoolInput{PoolName: aws.String("tagged"), UserPoolTags: tags}))(t).UserPool
}

const (
	noPool = "us-east-1_000000000"

	// Ann makes pools of her team alone, under no tags but team and cost; works on
	// those that have that tag; and never takes it away.
	ofOwnTeam = `{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Action":["cognito-idp:CreateUserPool"],"Resource":"*",
		 "Condition":{"StringEquals":{"aws:RequestTag/Team":"pizza"},"ForAllValues:StringEquals":{"aws:TagKeys":["team","cost"]}}},
		{"Effect":"Allow","Action":["cognito-idp:*"],"Resource":"arn:aws:cognito-idp:*:*:userpool/*","Condition":{"StringEquals":{"aws:ResourceTag/Team":"pizza"}}},
		{"Effect":"Deny","Action":["cognito-idp:UntagResource","cognito-idp:TagResource","cognito-idp:UpdateUserPool"],"Resource":"*","Condition":{"ForAnyValue:StringEquals":{"aws:TagKeys":"team"}}}]}`

	// Bob works on what is not secret.
	notSecret = `{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Action":"cognito-idp:*","Resource":"*"},
		{"Effect":"Deny","Action":"cognito-idp:*","Resource":"*","Condition":{"StringEquals":{"aws:ResourceTag/class":"secret"}}}]}`
)

func TestPoliciesAreAboutTheTagsOfPools(t *testing.T) {
	w := start(t, config.Config{}, nil)
	own := w.taggedPool(t, map[string]string{"team": "pizza", "class": "public"})
	other := w.taggedPool(t, map[string]string{"team": "pasta", "class": "secret"})
	plain := w.taggedPool(t, nil)
	ann, bob := w.restricted(t, "ann", ofOwnTeam), w.restricted(t, "bob", notSecret)
	ctx := t.Context()

	create := func(c *idp.Client, tags map[string]string) error {
		_, err := c.CreateUserPool(ctx, &idp.CreateUserPoolInput{PoolName: aws.String("made"), UserPoolTags: tags})
		return err
	}
	describe := func(c *idp.Client, id *string) error {
		_, err := c.DescribeUserPool(ctx, &idp.DescribeUserPoolInput{UserPoolId: id})
		return err
	}
	users := func(c *idp.Client, id *string) error {
		_, err := c.ListUsers(ctx, &idp.ListUsersInput{UserPoolId: id})
		return err
	}
	tag := func(c *idp.Client, arn *string, tags map[string]string) error {
		_, err := c.TagResource(ctx, &idp.TagResourceInput{ResourceArn: arn, Tags: tags})
		return err
	}
	untag := func(c *idp.Client, arn *string, keys ...string) error {
		_, err := c.UntagResource(ctx, &idp.UntagResourceInput{ResourceArn: arn, TagKeys: keys})
		return err
	}
	tags := func(c *idp.Client, arn *string) error {
		_, err := c.ListTagsForResource(ctx, &idp.ListTagsForResourceInput{ResourceArn: arn})
		return err
	}
	const denied, missing, invalid = "NotAuthorizedException|AccessDeniedException", "ResourceNotFoundException", "InvalidParameterException"
	for _, c := range []struct {
		name string
		err  error
		want string // code; "" to succeed
	}{
		{"ann makes one of her team", create(ann, map[string]string{"team": "pizza"}), ""},
		{"and says what it costs", create(ann, map[string]string{"team": "pizza", "cost": "12"}), ""},
		{"under a tag of her own", create(ann, map[string]string{"team": "pizza", "owner": "ann"}), denied},
		{"of another team", create(ann, map[string]string{"team": "pasta"}), denied},
		{"of no team", create(ann, nil), denied},
		{"under a look-alike of the tag", create(ann, map[string]string{"team": "pasta", "Team": "pizza"}), denied},

		{"ann looks at a pool of her team", describe(ann, own.Id), ""},
		{"and into it", users(ann, own.Id), ""},
		{"at one of another team", describe(ann, other.Id), denied},
		{"into one of another team", users(ann, other.Id), denied},
		{"at one without tags", describe(ann, plain.Id), denied},
		{"at one that is not", describe(ann, aws.String(noPool)), denied},
		{"at its tags", tags(ann, own.Arn), ""},
		{"at another's", tags(ann, other.Arn), denied},
		{"at those of an ARN in another region", tags(ann, aws.String(strings.Replace(*own.Arn, "us-east-1", "eu-west-1", 1))), denied},
		{"at those of another account", tags(ann, aws.String(strings.Replace(*own.Arn, account, "111122223333", 1))), denied},

		{"ann tags a pool of her team", tag(ann, own.Arn, map[string]string{"cost": "13"}), ""},
		{"makes another's her own", tag(ann, other.Arn, map[string]string{"cost": "13"}), denied},
		{"gives hers away", tag(ann, own.Arn, map[string]string{"cost": "1", "team": "pasta"}), denied},
		{"takes a tag of hers away", untag(ann, own.Arn, "cost"), ""},
		{"takes her team's away", untag(ann, own.Arn, "cost", "team"), denied},

		{"bob looks at what is public", describe(bob, own.Id), ""},
		{"at what has no tags", describe(bob, plain.Id), ""},
		{"at what is secret", describe(bob, other.Id), denied},
		{"at what is not", describe(bob, aws.String(noPool)), missing},
		{"opens what is secret", untag(bob, other.Arn, "class"), denied},
		{"by a second tag of the key", tag(bob, other.Arn, map[string]string{"Class": "public"}), denied},
		{"a second tag of a key", tag(bob, plain.Arn, map[string]string{"Class": "a", "class": "b"}), invalid},
		{"a second one by and by", tag(bob, own.Arn, map[string]string{"CLASS": "secret"}), invalid},
		{"bob lists pools", func() error {
			_, err := bob.ListUserPools(ctx, &idp.ListUserPoolsInput{MaxResults: aws.Int32(1)})
			return err
		}(), ""},
		{"ann lists pools", func() error {
			_, err := ann.ListUserPools(ctx, &idp.ListUserPoolsInput{MaxResults: aws.Int32(1)})
			return err
		}(), denied},
	} {
		if got := code(c.err); got == "" && (c.want != "" || c.err != nil) || got != "" && !strings.Contains("|"+c.want+"|", "|"+got+"|") {
			t.Errorf("%s: %v, want %q", c.name, c.err, c.want)
		}
	}

	// Who may not, learns nothing of whether it is there: the two answers differ
	// in the id that the caller gave.
	message := func(err error) string {
		var e smithy.APIError
		if !errors.As(err, &e) {
			return ""
		}
		return e.ErrorMessage()
	}
	there, gone := describe(ann, other.Id), describe(ann, aws.String(noPool))
	if a, b := message(there), strings.ReplaceAll(message(gone), noPool, *other.Id); a == "" || a != b {
		t.Errorf("a pool that is there: %q\none that is not: %q", a, b)
	}

	// A change of the tags counts at once.
	must(w.pools.TagResource(ctx, &idp.TagResourceInput{ResourceArn: plain.Arn, Tags: map[string]string{"team": "pizza"}}))(t)
	if err := describe(ann, plain.Id); err != nil {
		t.Errorf("after root tagged it: %v", err)
	}
	must(w.pools.UntagResource(ctx, &idp.UntagResourceInput{ResourceArn: plain.Arn, TagKeys: []string{"team"}}))(t)
	if err := describe(ann, plain.Id); code(err) == "" {
		t.Errorf("after root took the tag away: %v", err)
	}
}
