package policy

import "strings"

// What single services do otherwise than all the rest. Whoever puts a Set
// together asks here for the action and the resource of its request.

// ResourceMustAllow reports whether AWS asks the resource's own policy for an
// allow even when the caller is of its account: for roles to be assumed and for
// KMS keys.
func ResourceMustAllow(action, resource string) bool {
	service, verb, _ := strings.Cut(action, ":")
	n := splitARN(resource)
	switch strings.ToLower(service) {
	case "sts":
		return n.isARN && n.parts[partService] == "iam" && strings.HasPrefix(n.parts[partResource], "role/") && isTrustAction(action)
	case "kms":
		return n.isARN && n.parts[partService] == "kms" && strings.HasPrefix(n.parts[partResource], "key/") && verb != ""
	}
	return false
}

// Reserved reports whether the action would change what AWS keeps to itself
// whatever policies say: its managed policies, the roles under /aws-reserved/
// and the KMS aliases under alias/aws/.
//
// See https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_managed-vs-inline.html
// and https://docs.aws.amazon.com/kms/latest/developerguide/alias-about.html.
func Reserved(action, resource string) bool {
	service, verb, _ := strings.Cut(strings.ToLower(action), ":")
	n := splitARN(resource)
	if !n.isARN || n.parts[partService] != service {
		return false
	}
	switch what := n.parts[partResource]; service {
	case "iam":
		ours := n.parts[partAccount] == "aws" && strings.HasPrefix(what, "policy/") || strings.HasPrefix(what, "role/aws-reserved/")
		return ours && !reads(verb)
	case "kms":
		return strings.HasPrefix(what, "alias/aws/") && (verb == "createalias" || verb == "updatealias" || verb == "deletealias")
	}
	return false
}

// reads reports whether an action of IAM changes nothing.
func reads(verb string) bool {
	for _, start := range []string{"get", "list", "generate", "simulate"} {
		if strings.HasPrefix(verb, start) {
			return true
		}
	}
	return false
}

// Open reports whether every caller with credentials may do it, whatever
// policies do not allow.
//
// See https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html.
func Open(action string) bool { return strings.EqualFold(action, "sts:GetCallerIdentity") }
