package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/smithy-go"

	"github.com/sallyport/sallyport/internal/keyring"
)

// newUser is what "user create" was asked for.
type newUser struct {
	name     string
	path     string
	policies []string // ARNs, or names of AWS's
}

// madeUser is what has been made so far.
type madeUser struct {
	name, id, arn string
	policies      []string // ARNs of those attached
	keyID         string
	secret        keyring.Secret
}

const undoTimeout = 15 * time.Second

// create makes the user, attaches, makes the key and shows it. What can be known
// to fail fails before anything is made; if a later step does, all is undone.
func (n *newUser) create(ctx context.Context, client *iam.Client, show func(*madeUser) error) error {
	arns, err := n.findPolicies(ctx, client)
	if err != nil {
		return err
	}
	out, err := client.CreateUser(ctx, &iam.CreateUserInput{UserName: &n.name, Path: &n.path})
	if exists := (*types.EntityAlreadyExistsException)(nil); errors.As(err, &exists) {
		return fmt.Errorf("there is a user %s already: choose another name; aws iam create-access-key --user-name %s makes a further key for it", n.name, n.name)
	}
	if err != nil {
		return n.said("the user "+n.name+" could not be made", client, err)
	}
	made := &madeUser{name: n.name, id: aws.ToString(out.User.UserId), arn: aws.ToString(out.User.Arn)}
	err = n.complete(ctx, client, made, arns)
	if err == nil {
		if err = show(made); err == nil {
			return nil
		}
		err = fmt.Errorf("the key could not be shown: %w", err)
	}
	undoing, cancel := context.WithTimeout(context.WithoutCancel(ctx), undoTimeout)
	defer cancel()
	if left := undo(undoing, client, made, arns); left != nil {
		return fmt.Errorf("%w; the user %s is left behind, because it could not be removed (%s): remove it with aws iam list-access-keys, delete-access-key, detach-user-policy and delete-user", err, n.name, oneLine(left))
	}
	return fmt.Errorf("%w; the user %s was removed again", err, n.name)
}

func (n *newUser) complete(ctx context.Context, client *iam.Client, made *madeUser, arns []string) error {
	for _, arn := range arns {
		if _, err := client.AttachUserPolicy(ctx, &iam.AttachUserPolicyInput{UserName: &n.name, PolicyArn: &arn}); err != nil {
			return n.said("the policy "+arn+" could not be attached", client, err)
		}
		made.policies = append(made.policies, arn)
	}
	key, err := client.CreateAccessKey(ctx, &iam.CreateAccessKeyInput{UserName: &n.name})
	if err != nil {
		return n.said("the access key could not be made", client, err)
	}
	made.keyID, made.secret = aws.ToString(key.AccessKey.AccessKeyId), keyring.NewSecret(aws.ToString(key.AccessKey.SecretAccessKey))
	return nil
}

// undo removes a user that was made here a moment ago. A step whose answer got
// lost may have been done all the same: so it asks for keys instead of
// believing, and detaches what was only meant to be attached.
func undo(ctx context.Context, client *iam.Client, made *madeUser, arns []string) error {
	keys, err := client.ListAccessKeys(ctx, &iam.ListAccessKeysInput{UserName: &made.name})
	if err != nil {
		return err
	}
	for _, k := range keys.AccessKeyMetadata {
		if _, err := client.DeleteAccessKey(ctx, &iam.DeleteAccessKeyInput{UserName: &made.name, AccessKeyId: k.AccessKeyId}); err != nil {
			return err
		}
	}
	for _, arn := range arns {
		_, err := client.DetachUserPolicy(ctx, &iam.DetachUserPolicyInput{UserName: &made.name, PolicyArn: &arn})
		if none := (*types.NoSuchEntityException)(nil); err != nil && !errors.As(err, &none) {
			return err
		}
	}
	_, err = client.DeleteUser(ctx, &iam.DeleteUserInput{UserName: &made.name})
	return err
}

// findPolicies turns names into ARNs and sees that each policy is there.
func (n *newUser) findPolicies(ctx context.Context, client *iam.Client) ([]string, error) {
	var arns []string
	for _, p := range n.policies {
		arn := p
		if strings.HasPrefix(p, "arn:") {
			_, err := client.GetPolicy(ctx, &iam.GetPolicyInput{PolicyArn: &p})
			if none := (*types.NoSuchEntityException)(nil); errors.As(err, &none) {
				return nil, fmt.Errorf("there is no policy %s: aws iam list-policies shows those that there are", p)
			}
			if err != nil {
				return nil, n.said("the policy "+p+" cannot be looked up", client, err)
			}
		} else {
			var err error
			if arn, err = n.findByName(ctx, client, p); err != nil {
				return nil, err
			}
		}
		if !slices.Contains(arns, arn) {
			arns = append(arns, arn)
		}
	}
	return arns, nil
}

func (n *newUser) findByName(ctx context.Context, client *iam.Client, name string) (string, error) {
	near := ""
	for pages := iam.NewListPoliciesPaginator(client, &iam.ListPoliciesInput{Scope: types.PolicyScopeTypeAws}); pages.HasMorePages(); {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return "", n.said("the policy "+name+" cannot be looked up", client, err)
		}
		for _, p := range page.Policies {
			switch known := aws.ToString(p.PolicyName); {
			case known == name:
				return aws.ToString(p.Arn), nil
			case strings.EqualFold(known, name):
				near = "; there is " + known
			}
		}
	}
	return "", fmt.Errorf("AWS has no managed policy named %q here%s; one of your own is named by its ARN, and aws iam list-policies shows all", name, near)
}

// said turns an SDK's error into a line for whoever sits before it.
func (n *newUser) said(what string, client *iam.Client, err error) error {
	var known smithy.APIError
	if !errors.As(err, &known) {
		return fmt.Errorf("%s: %w", what, unreachable(aws.ToString(client.Options().BaseEndpoint), err))
	}
	switch known.ErrorCode() {
	case "InvalidClientTokenId", "SignatureDoesNotMatch":
		return fmt.Errorf("%s: %w", what, wrongKey(aws.ToString(client.Options().BaseEndpoint)))
	}
	return fmt.Errorf("%s: %s", what, known.ErrorMessage())
}
