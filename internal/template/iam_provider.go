package template

import (
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
)

var oidcProviderType = &resourceType{
	name:       "AWS::IAM::OIDCProvider",
	properties: fields{"Url": str.must().replaces(), "ClientIdList": strs, "ThumbprintList": strs, "Tags": tagsShape},
	attributes: []string{"Arn"},
	identity:   []string{"Url"}, unique: true,
	create: func(ctx context.Context, w *work) error {
		var in iam.CreateOpenIDConnectProviderInput
		if err := into(w.properties, &in); err != nil {
			return err
		}
		out, err := invoke[iam.CreateOpenIDConnectProviderOutput](ctx, w.deploy, iamService, "CreateOpenIDConnectProvider", &in)
		if err != nil {
			return err
		}
		w.providerIs(aws.ToString(out.OpenIDConnectProviderArn))
		return nil
	},
	update: updateOIDCProvider,
	remove: func(ctx context.Context, w *work) error {
		return unlessGone(run(ctx, w.deploy, iamService, "DeleteOpenIDConnectProvider", &iam.DeleteOpenIDConnectProviderInput{OpenIDConnectProviderArn: &w.row.PhysicalID}))
	},
	find: func(ctx context.Context, w *work) (bool, error) {
		out, err := invoke[iam.ListOpenIDConnectProvidersOutput](ctx, w.deploy, iamService, "ListOpenIDConnectProviders", &iam.ListOpenIDConnectProvidersInput{})
		if err != nil {
			return false, err
		}
		_, issuer, _ := strings.Cut(w.text("Url"), "://")
		for _, p := range out.OpenIDConnectProviderList {
			if !strings.HasSuffix(aws.ToString(p.Arn), ":oidc-provider/"+issuer) {
				continue
			}
			found, err := invoke[iam.GetOpenIDConnectProviderOutput](ctx, w.deploy, iamService, "GetOpenIDConnectProvider", &iam.GetOpenIDConnectProviderInput{OpenIDConnectProviderArn: p.Arn})
			if err != nil {
				return false, unlessGone(err)
			}
			if ours, err := w.madeBy(ctx, aws.ToString(p.Arn), "", found.CreateDate); err != nil || !ours {
				return false, err
			}
			w.providerIs(aws.ToString(p.Arn))
			return true, nil
		}
		return false, nil
	},
}

func (w *work) providerIs(arn string) {
	w.row.PhysicalID, w.row.Attributes = arn, map[string]string{"Arn": arn}
}

func updateOIDCProvider(ctx context.Context, w *work) error {
	arn := &w.row.PhysicalID
	have, err := invoke[iam.GetOpenIDConnectProviderOutput](ctx, w.deploy, iamService, "GetOpenIDConnectProvider", &iam.GetOpenIDConnectProviderInput{OpenIDConnectProviderArn: arn})
	if err != nil {
		return err
	}
	want := w.texts("ClientIdList")
	for _, id := range have.ClientIDList {
		if !slices.Contains(want, id) {
			err := run(ctx, w.deploy, iamService, "RemoveClientIDFromOpenIDConnectProvider", &iam.RemoveClientIDFromOpenIDConnectProviderInput{OpenIDConnectProviderArn: arn, ClientID: &id})
			if err != nil {
				return err
			}
		}
	}
	for _, id := range want {
		if !slices.Contains(have.ClientIDList, id) {
			err := run(ctx, w.deploy, iamService, "AddClientIDToOpenIDConnectProvider", &iam.AddClientIDToOpenIDConnectProviderInput{OpenIDConnectProviderArn: arn, ClientID: &id})
			if err != nil {
				return err
			}
		}
	}
	if thumbprints := w.texts("ThumbprintList"); len(thumbprints) > 0 {
		err := run(ctx, w.deploy, iamService, "UpdateOpenIDConnectProviderThumbprint", &iam.UpdateOpenIDConnectProviderThumbprintInput{OpenIDConnectProviderArn: arn, ThumbprintList: thumbprints})
		if err != nil {
			return err
		}
	}
	return w.setTags(ctx, oidcTags)
}

var oidcTags = taggedBy{
	list: func(ctx context.Context, w *work, marker *string) ([]iamtypes.Tag, *string, error) {
		out, err := invoke[iam.ListOpenIDConnectProviderTagsOutput](ctx, w.deploy, iamService, "ListOpenIDConnectProviderTags",
			&iam.ListOpenIDConnectProviderTagsInput{OpenIDConnectProviderArn: &w.row.PhysicalID, Marker: marker})
		if err != nil {
			return nil, nil, err
		}
		return out.Tags, out.Marker, nil
	},
	tag: func(ctx context.Context, w *work, tags []iamtypes.Tag) error {
		return run(ctx, w.deploy, iamService, "TagOpenIDConnectProvider", &iam.TagOpenIDConnectProviderInput{OpenIDConnectProviderArn: &w.row.PhysicalID, Tags: tags})
	},
	untag: func(ctx context.Context, w *work, keys []string) error {
		return run(ctx, w.deploy, iamService, "UntagOpenIDConnectProvider", &iam.UntagOpenIDConnectProviderInput{OpenIDConnectProviderArn: &w.row.PhysicalID, TagKeys: keys})
	},
}

const noEncryptedAssertions = "assertions that are encrypted are not read"

var samlProviderType = &resourceType{
	name: "AWS::IAM::SAMLProvider",
	properties: fields{
		"Name": str.replaces(), "SamlMetadataDocument": str.must(), "Tags": tagsShape,
		"AddPrivateKey": unsupported(noEncryptedAssertions), "RemovePrivateKey": unsupported(noEncryptedAssertions),
		"PrivateKeyList": unsupported(noEncryptedAssertions), "AssertionEncryptionMode": unsupported(noEncryptedAssertions),
	},
	attributes: []string{"Arn"},
	identity:   []string{"Name"}, unique: true,
	create: func(ctx context.Context, w *work) error {
		var in iam.CreateSAMLProviderInput
		if err := into(w.properties, &in); err != nil {
			return err
		}
		in.Name = aws.String(w.physicalName("Name", 128))
		out, err := invoke[iam.CreateSAMLProviderOutput](ctx, w.deploy, iamService, "CreateSAMLProvider", &in)
		if err != nil {
			return err
		}
		w.providerIs(aws.ToString(out.SAMLProviderArn))
		return nil
	},
	update: func(ctx context.Context, w *work) error {
		err := run(ctx, w.deploy, iamService, "UpdateSAMLProvider",
			&iam.UpdateSAMLProviderInput{SAMLProviderArn: &w.row.PhysicalID, SAMLMetadataDocument: aws.String(w.text("SamlMetadataDocument"))})
		if err != nil {
			return err
		}
		return w.setTags(ctx, samlTags)
	},
	remove: func(ctx context.Context, w *work) error {
		return unlessGone(run(ctx, w.deploy, iamService, "DeleteSAMLProvider", &iam.DeleteSAMLProviderInput{SAMLProviderArn: &w.row.PhysicalID}))
	},
	find: func(ctx context.Context, w *work) (bool, error) {
		out, err := invoke[iam.ListSAMLProvidersOutput](ctx, w.deploy, iamService, "ListSAMLProviders", &iam.ListSAMLProvidersInput{})
		if err != nil {
			return false, err
		}
		for _, p := range out.SAMLProviderList {
			if !strings.HasSuffix(aws.ToString(p.Arn), ":saml-provider/"+w.physicalName("Name", 128)) {
				continue
			}
			if ours, err := w.madeBy(ctx, aws.ToString(p.Arn), "", p.CreateDate); err != nil || !ours {
				return false, err
			}
			w.providerIs(aws.ToString(p.Arn))
			return true, nil
		}
		return false, nil
	},
}

var samlTags = taggedBy{
	list: func(ctx context.Context, w *work, marker *string) ([]iamtypes.Tag, *string, error) {
		out, err := invoke[iam.ListSAMLProviderTagsOutput](ctx, w.deploy, iamService, "ListSAMLProviderTags", &iam.ListSAMLProviderTagsInput{SAMLProviderArn: &w.row.PhysicalID, Marker: marker})
		if err != nil {
			return nil, nil, err
		}
		return out.Tags, out.Marker, nil
	},
	tag: func(ctx context.Context, w *work, tags []iamtypes.Tag) error {
		return run(ctx, w.deploy, iamService, "TagSAMLProvider", &iam.TagSAMLProviderInput{SAMLProviderArn: &w.row.PhysicalID, Tags: tags})
	},
	untag: func(ctx context.Context, w *work, keys []string) error {
		return run(ctx, w.deploy, iamService, "UntagSAMLProvider", &iam.UntagSAMLProviderInput{SAMLProviderArn: &w.row.PhysicalID, TagKeys: keys})
	},
}
