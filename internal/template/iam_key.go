package template

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/sallyport/sallyport/internal/keyring"
)

// An access key's secret is shown once, when the key is made. Its row keeps it
// sealed, for Fn::GetAtt alone; what is made with it is a secret too.
var accessKeyType = &resourceType{
	name: "AWS::IAM::AccessKey",
	properties: fields{
		"UserName": str.must().replaces(), "Serial": integer.replaces(), "Status": oneOf("Active", "Inactive"),
	},
	attributes: []string{"SecretAccessKey"},
	identity:   []string{"UserName"},
	create:     createAccessKey,
	update:     func(ctx context.Context, w *work) error { return w.setKeyStatus(ctx) },
	remove:     removeAccessKey, find: findAccessKey, read: readAccessKey,
}

func (w *work) accessKeyIs(user, id string) {
	w.row.PhysicalID, w.row.Handles = id, map[string]string{"UserName": user}
}

func createAccessKey(ctx context.Context, w *work) error {
	user := w.text("UserName")
	out, err := invoke[iam.CreateAccessKeyOutput](ctx, w.deploy, iamService, "CreateAccessKey", &iam.CreateAccessKeyInput{UserName: &user})
	if err != nil {
		return err
	}
	w.accessKeyIs(user, aws.ToString(out.AccessKey.AccessKeyId))
	w.row.Secret, err = w.Keys.Seal(keyring.Templates, secretID(w.row), []byte(aws.ToString(out.AccessKey.SecretAccessKey)))
	if err != nil {
		return err
	}
	if w.text("Status") == "" {
		return nil
	}
	return w.setKeyStatus(ctx)
}

func (w *work) setKeyStatus(ctx context.Context) error {
	status := iamtypes.StatusTypeActive
	if given := w.text("Status"); given != "" {
		status = iamtypes.StatusType(given)
	}
	return run(ctx, w.deploy, iamService, "UpdateAccessKey",
		&iam.UpdateAccessKeyInput{UserName: ptr(w.row.Handles["UserName"]), AccessKeyId: &w.row.PhysicalID, Status: status})
}

func removeAccessKey(ctx context.Context, w *work) error {
	return unlessGone(run(ctx, w.deploy, iamService, "DeleteAccessKey",
		&iam.DeleteAccessKeyInput{UserName: ptr(w.row.Handles["UserName"]), AccessKeyId: &w.row.PhysicalID}))
}

// findAccessKey looks for a key whose secret nobody has ever seen.
func findAccessKey(ctx context.Context, w *work) (bool, error) {
	user := w.text("UserName")
	out, err := invoke[iam.ListAccessKeysOutput](ctx, w.deploy, iamService, "ListAccessKeys", &iam.ListAccessKeysInput{UserName: &user})
	if err != nil {
		return false, unlessGone(err)
	}
	for _, k := range out.AccessKeyMetadata { // there are two at most
		ours, err := w.madeBy(ctx, aws.ToString(k.AccessKeyId), "", k.CreateDate)
		if err != nil {
			return false, err
		}
		if ours {
			w.accessKeyIs(user, aws.ToString(k.AccessKeyId))
			return true, nil
		}
	}
	return false, nil
}

func readAccessKey(_ context.Context, w *work, _ string) (string, error) {
	secret, err := w.Keys.Open(keyring.Templates, secretID(w.row), w.row.Secret)
	return string(secret), err
}

// secretID binds a sealed secret to the one row that may give it out.
func secretID(row *resourceRow) string { return row.Stack + "/" + row.Token + "/secret" }
