package kms

import (
	"slices"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/service/kms"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/awsapi"
)

// API is the service with its operations: every one that AWS's client has.
func (s *Service) API() *awsapi.Service {
	return &awsapi.Service{
		Name:       "kms",
		Protocol:   awsapi.JSON("TrentService"),
		Operations: slices.Concat(s.keyOperations(), s.aliasOperations(), s.useOperations(), absentOperations()),
	}
}

// onKey registers an operation whose resource is the key that its input names.
// said are the condition keys that the input speaks for.
func onKey[In, Out any](s *Service, operation string, do awsapi.Handler[In, Out], key func(*In) *string, said func(*In) access.Keys, required ...string) awsapi.Operation {
	resource := func(call *access.Call, in *In) (string, error) {
		var keys access.Keys
		if said != nil {
			keys = said(in)
		}
		return s.about(call, deref(key(in)), keys), nil
	}
	return awsapi.Op(operation, awsapi.Action("kms:"+operation, resource), do, awsapi.Require(append([]string{"KeyId"}, required...)...))
}

func (s *Service) keyOperations() []awsapi.Operation {
	return []awsapi.Operation{
		awsapi.Op("CreateKey", awsapi.Action("kms:CreateKey", created), s.CreateKey),
		awsapi.Op("ListKeys", awsapi.Action("kms:ListKeys", awsapi.AnyResource), s.ListKeys),
		onKey(s, "DescribeKey", s.DescribeKey, func(in *kms.DescribeKeyInput) *string { return in.KeyId }, nil),
		onKey(s, "UpdateKeyDescription", s.UpdateKeyDescription, func(in *kms.UpdateKeyDescriptionInput) *string { return in.KeyId }, nil, "Description"),
		onKey(s, "EnableKey", s.EnableKey, func(in *kms.EnableKeyInput) *string { return in.KeyId }, nil),
		onKey(s, "DisableKey", s.DisableKey, func(in *kms.DisableKeyInput) *string { return in.KeyId }, nil),
		onKey(s, "ScheduleKeyDeletion", s.ScheduleKeyDeletion, func(in *kms.ScheduleKeyDeletionInput) *string { return in.KeyId }, ending),
		onKey(s, "CancelKeyDeletion", s.CancelKeyDeletion, func(in *kms.CancelKeyDeletionInput) *string { return in.KeyId }, nil),
		onKey(s, "GetKeyPolicy", s.GetKeyPolicy, func(in *kms.GetKeyPolicyInput) *string { return in.KeyId }, nil),
		onKey(s, "PutKeyPolicy", s.PutKeyPolicy, func(in *kms.PutKeyPolicyInput) *string { return in.KeyId },
			func(in *kms.PutKeyPolicyInput) access.Keys {
				return bypassing(access.Keys{}, in.BypassPolicyLockoutSafetyCheck)
			}, "Policy"),
		onKey(s, "ListKeyPolicies", s.ListKeyPolicies, func(in *kms.ListKeyPoliciesInput) *string { return in.KeyId }, nil),
		onKey(s, "GetKeyRotationStatus", s.GetKeyRotationStatus, func(in *kms.GetKeyRotationStatusInput) *string { return in.KeyId }, nil),
		onKey(s, "DisableKeyRotation", s.DisableKeyRotation, func(in *kms.DisableKeyRotationInput) *string { return in.KeyId }, nil),
		onKey(s, "TagResource", s.TagResource, func(in *kms.TagResourceInput) *string { return in.KeyId },
			func(in *kms.TagResourceInput) access.Keys { return tagged(in.Tags) }, "Tags"),
		onKey(s, "UntagResource", s.UntagResource, func(in *kms.UntagResourceInput) *string { return in.KeyId },
			func(in *kms.UntagResourceInput) access.Keys { return access.Keys{"aws:tagkeys": in.TagKeys} }, "TagKeys"),
		onKey(s, "ListResourceTags", s.ListResourceTags, func(in *kms.ListResourceTagsInput) *string { return in.KeyId }, nil),
	}
}

// aliasOperations ask for the alias first, and for the keys in their handlers:
// AWS wants permission for both.
func (s *Service) aliasOperations() []awsapi.Operation {
	return []awsapi.Operation{
		awsapi.Op("CreateAlias", awsapi.Action("kms:CreateAlias", func(call *access.Call, in *kms.CreateAliasInput) (string, error) {
			return s.aliasARN(call.Region, deref(in.AliasName)), nil
		}), s.CreateAlias, awsapi.Require("AliasName", "TargetKeyId")),
		awsapi.Op("UpdateAlias", awsapi.Action("kms:UpdateAlias", func(call *access.Call, in *kms.UpdateAliasInput) (string, error) {
			return s.aliasARN(call.Region, deref(in.AliasName)), nil
		}), s.UpdateAlias, awsapi.Require("AliasName", "TargetKeyId")),
		awsapi.Op("DeleteAlias", awsapi.Action("kms:DeleteAlias", func(call *access.Call, in *kms.DeleteAliasInput) (string, error) {
			return s.aliasARN(call.Region, deref(in.AliasName)), nil
		}), s.DeleteAlias, awsapi.Require("AliasName")),
		awsapi.Op("ListAliases", awsapi.Action("kms:ListAliases", awsapi.AnyResource), s.ListAliases),
	}
}

func (s *Service) useOperations() []awsapi.Operation {
	return []awsapi.Operation{
		onKey(s, "Encrypt", s.Encrypt, func(in *kms.EncryptInput) *string { return in.KeyId },
			func(in *kms.EncryptInput) access.Keys { return using(in.EncryptionContext) }, "Plaintext"),
		onKey(s, "GenerateDataKey", s.GenerateDataKey, func(in *kms.GenerateDataKeyInput) *string { return in.KeyId },
			func(in *kms.GenerateDataKeyInput) access.Keys { return using(in.EncryptionContext) }),
		onKey(s, "GenerateDataKeyWithoutPlaintext", s.GenerateDataKeyWithoutPlaintext, func(in *kms.GenerateDataKeyWithoutPlaintextInput) *string { return in.KeyId },
			func(in *kms.GenerateDataKeyWithoutPlaintextInput) access.Keys { return using(in.EncryptionContext) }),
		awsapi.Op("Decrypt", awsapi.Action("kms:Decrypt", func(call *access.Call, in *kms.DecryptInput) (string, error) {
			return s.aboutBlob(call, in.CiphertextBlob, in.KeyId, using(in.EncryptionContext))
		}), s.Decrypt),
		awsapi.Op("ReEncrypt", awsapi.Action("kms:ReEncryptFrom", func(call *access.Call, in *kms.ReEncryptInput) (string, error) {
			return s.aboutBlob(call, in.CiphertextBlob, in.SourceKeyId, reEncrypting(s, call, in, in.SourceEncryptionContext))
		}), s.ReEncrypt, awsapi.Require("DestinationKeyId")),
		awsapi.Op("GenerateRandom", awsapi.Action("kms:GenerateRandom", awsapi.AnyResource), s.GenerateRandom),
	}
}

// aboutBlob is about for the key that a blob names; a KeyId beside it notes
// whether an alias was asked for.
func (s *Service) aboutBlob(call *access.Call, blob []byte, expected *string, said access.Keys) (string, error) {
	n, err := s.named(call, blob, nil)
	if err != nil {
		return "", err
	}
	if expected != nil && s.find(call, *expected).id == n.id {
		return s.about(call, *expected, said), nil
	}
	return s.about(call, n.given, said), nil // a KeyId that is another is refused by the handler
}

func created(call *access.Call, in *kms.CreateKeyInput) (string, error) {
	said := bypassing(tagged(in.Tags), in.BypassPolicyLockoutSafetyCheck)
	said.One("kms:calleraccount", call.Caller.Account)
	describe(said)
	call.Conditions = said
	return "*", nil
}

func ending(in *kms.ScheduleKeyDeletionInput) access.Keys {
	said := access.Keys{}
	if in.PendingWindowInDays != nil {
		said.One("kms:schedulekeydeletionpendingwindowindays", strconv.Itoa(int(*in.PendingWindowInDays)))
	}
	return said
}
