package kms

import (
	"context"
	"strings"

	"github.com/google/uuid"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/awsapi"
	"github.com/sallyport/sallyport/internal/policy"
)

// How a key is named, and what the authorizer is told of it. KMS's table of
// actions, resources and condition keys:
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_awskeymanagementservice.html

const aliasPrefix = "alias/"

func (s *Service) keyARN(region, id string) string {
	return "arn:aws:kms:" + region + ":" + s.account + ":key/" + id
}

func (s *Service) aliasARN(region, name string) string {
	return "arn:aws:kms:" + region + ":" + s.account + ":" + name
}

// name is what a client calls a key: its id or ARN, or an alias or its ARN.
type name struct {
	given string
	alias string // "alias/...", as the request has it; "" for an id
	id    string // of the key; "" for an alias that is not there
	fault error  // it names nothing that could be here
}

// find reads a KeyId.
func (s *Service) find(call *access.Call, given string) name {
	n := name{given: given}
	what := given
	if strings.HasPrefix(given, "arn:") {
		parts := strings.SplitN(given, ":", 6)
		if len(parts) < 6 || parts[1] != "aws" || parts[2] != "kms" {
			n.fault = notFound("Invalid arn %s", given)
			return n
		}
		if parts[3] != call.Region || parts[4] != s.account {
			n.fault = notFound("Invalid arn %s", parts[3])
			return n
		}
		var key bool
		if what, key = strings.CutPrefix(parts[5], "key/"); !key && !strings.HasPrefix(what, aliasPrefix) {
			n.fault = notFound("Invalid arn %s", given)
			return n
		}
	}
	if strings.HasPrefix(what, aliasPrefix) {
		n.alias = what
		if a := s.current.Load().aliases[aliasKey{call.Region, what}]; a != nil {
			n.id = a.KeyID
		}
		return n
	}
	if id, err := uuid.Parse(what); err != nil || id.String() != what {
		n.fault = notFound("Invalid keyId '%s'", given)
		return n
	}
	n.id = what
	return n
}

// key is the key that n names, or why there is none. Most operations do not take
// an alias for it.
func (s *Service) key(call *access.Call, n name, alias bool) (*Key, error) {
	switch {
	case n.fault != nil:
		return nil, n.fault
	case n.alias != "" && !alias:
		return nil, notFound("Invalid keyId %s", n.given)
	case n.alias != "" && n.id == "":
		return nil, s.noAlias(call.Region, n.alias)
	}
	k := s.current.Load().keys[n.id]
	if k == nil || k.Region != call.Region || k.ends() <= call.Time.UnixMilli() {
		return nil, s.noKey(call.Region, n.id)
	}
	return k, nil
}

// about is the ARN that permission is asked for, and tells the authorizer what is
// known of the key. Of one that is not there nothing but the account's policies
// say who may hear so.
func (s *Service) about(call *access.Call, given string, said access.Keys) string {
	if said == nil {
		said = access.Keys{}
	}
	call.Conditions = said
	said.One("kms:calleraccount", call.Caller.Account)
	n := s.find(call, given)
	said.One("kms:requestalias", n.alias)
	k, err := s.key(call, n, true)
	switch {
	case err == nil:
	case n.fault != nil && strings.HasPrefix(given, "arn:"):
		return given
	case n.id == "" && n.alias != "":
		return s.aliasARN(call.Region, n.alias)
	default:
		call.Own = policy.Attached{Name: "key policy", Policy: s.fallback}
		return s.keyARN(call.Region, given[strings.LastIndexByte(given, '/')+1:])
	}
	call.Own = policy.Attached{Name: "key policy", Policy: k.compiled}
	describe(said)
	said.List("kms:resourcealiases", s.current.Load().aliasesOf(k.ID))
	said.Has(k.Tags)
	return s.keyARN(k.Region, k.ID)
}

// describe notes what is the same of all keys here.
func describe(said access.Keys) {
	said.One("kms:keyspec", "SYMMETRIC_DEFAULT")
	said.One("kms:keyusage", "ENCRYPT_DECRYPT")
	said.One("kms:keyorigin", "AWS_KMS")
	said.One("kms:multiregion", "false")
}

// using notes what a cryptographic operation speaks for. Condition keys have no
// case, names of an encryption context have: two that differ in case alone are
// two values of one key, which a policy that expects one takes for neither.
func using(context map[string]string) access.Keys {
	said := access.Keys{}
	said.One("kms:encryptionalgorithm", "SYMMETRIC_DEFAULT")
	for name, value := range context {
		key := "kms:encryptioncontext:" + strings.ToLower(name)
		said[key] = append(said[key], value)
		said["kms:encryptioncontextkeys"] = append(said["kms:encryptioncontextkeys"], name)
	}
	return said
}

// permitted asks for a permission beside that of the operation.
func (s *Service) permitted(ctx context.Context, call *access.Call, action, given string, said access.Keys) error {
	asked := *call
	asked.Own = policy.Attached{}
	resource := s.about(&asked, given, said)
	if v := s.policies.Authorize(ctx, &asked, action, resource); !v.Allowed {
		return awsapi.Denied(call, action, resource, v)
	}
	return nil
}
