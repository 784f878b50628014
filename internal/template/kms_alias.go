package template

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
)

// kmsAliasType is a name of a key: Ref is that name.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-kms-alias.html
var kmsAliasType = &resourceType{
	name:       "AWS::KMS::Alias",
	properties: fields{"AliasName": str.must().replaces(), "TargetKeyId": str.must()},
	identity:   []string{"AliasName", "TargetKeyId"}, unique: true,
	create: func(ctx context.Context, w *work) error {
		var in kms.CreateAliasInput
		if err := into(w.properties, &in); err != nil {
			return err
		}
		if err := run(ctx, w.deploy, kmsService, "CreateAlias", &in); err != nil {
			return err
		}
		w.row.PhysicalID = w.text("AliasName")
		return nil
	},
	update: func(ctx context.Context, w *work) error {
		var in kms.UpdateAliasInput
		if err := into(w.properties, &in); err != nil {
			return err
		}
		return run(ctx, w.deploy, kmsService, "UpdateAlias", &in)
	},
	remove: func(ctx context.Context, w *work) error {
		return unlessGone(run(ctx, w.deploy, kmsService, "DeleteAlias", &kms.DeleteAliasInput{AliasName: &w.row.PhysicalID}))
	},
	find: func(ctx context.Context, w *work) (bool, error) {
		name, in := w.text("AliasName"), &kms.ListAliasesInput{Limit: aws.Int32(100)}
		for {
			page, err := invoke[kms.ListAliasesOutput](ctx, w.deploy, kmsService, "ListAliases", in)
			if err != nil {
				return false, err
			}
			for _, a := range page.Aliases {
				if aws.ToString(a.AliasName) != name {
					continue
				}
				if ours, err := w.madeBy(ctx, name, "", a.CreationDate); err != nil || !ours {
					return false, err
				}
				w.row.PhysicalID = name
				return true, nil
			}
			if !page.Truncated {
				return false, nil
			}
			in.Marker = page.NextMarker
		}
	},
}
