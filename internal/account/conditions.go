package account

import (
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/policy"
)

// conditions are the values of the global condition keys for one call.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
type conditions struct {
	call    *access.Call
	account string
	caller  *compiledEntity     // nil for root and what has gone
	target  *compiledEntity     // the entity that is asked for, if it is one
	tagged  []tag               // what is asked for, if it is a managed policy
	bounded string              // boundary of target, where the action's keys have it
	own     map[string][]string // keys of the call's own, in lower case
}

// Value implements policy.Context.
func (c *conditions) Value(key string) policy.Values {
	call, session := c.call, c.call.Caller.Session
	switch key {
	case "aws:currenttime":
		return policy.One(call.Time.UTC().Format(time.RFC3339))
	case "aws:epochtime":
		return policy.One(strconv.FormatInt(call.Time.Unix(), 10))
	case "aws:sourceip":
		return present(addr(call.Source))
	case "aws:securetransport":
		return policy.One(strconv.FormatBool(call.Secure))
	case "aws:useragent":
		return present(call.UserAgent)
	case "aws:referer":
		return present(call.Referer)
	case "aws:requestedregion":
		return present(call.Region)
	case "aws:principalarn":
		if session != nil && session.Assumed {
			return policy.One(session.Issuer)
		}
		if call.Caller.Kind != access.Service {
			return present(call.Caller.ARN)
		}
		return policy.Values{}
	case "aws:principalaccount":
		if call.Caller.Kind != access.Service {
			return present(call.Caller.Account)
		}
		return policy.Values{}
	case "aws:principaltype":
		return present(principalType(&call.Caller))
	case "aws:userid":
		if call.Caller.Kind == access.Anonymous {
			return policy.One("anonymous")
		}
		return present(call.Caller.ID)
	case "aws:username":
		if call.Caller.Kind == access.User && c.caller != nil {
			return policy.One(c.caller.Name)
		}
	case "aws:resourceaccount":
		return present(c.account)
	case "aws:tokenissuetime":
		if session != nil {
			return policy.One(session.Issued.UTC().Format("2006-01-02T15:04:05.000Z07:00"))
		}
	case "aws:multifactorauthpresent":
		if session != nil && !session.Federated {
			return policy.One("false")
		}
	case "aws:principalisawsservice":
		if call.Caller.Kind == access.Anonymous {
			return policy.Values{}
		}
		return policy.One(strconv.FormatBool(call.Caller.Kind == access.Service))
	case "aws:principalservicename":
		if call.Caller.Kind == access.Service {
			return present(call.Caller.ARN)
		}
	case "aws:viaawsservice": // no service calls another one in a caller's name
		return policy.One("false")
	case "aws:sourceidentity":
		if session != nil {
			return present(session.SourceIdentity)
		}
	}
	if name, ok := strings.CutPrefix(key, "aws:principaltag/"); ok {
		return c.principalTag(name)
	}
	if _, name, ok := strings.Cut(key, ":resourcetag/"); ok && (c.target != nil || c.tagged != nil) {
		if strings.HasPrefix(key, "aws:") || strings.HasPrefix(key, "iam:") {
			return c.resourceTag(name)
		}
	}
	if key == "iam:permissionsboundary" && c.bounded != "" {
		return policy.One(c.bounded)
	}
	if session != nil {
		if key == "aws:federatedprovider" {
			return present(session.Provider)
		}
		if values, ok := session.Claims[key]; ok {
			return policy.Many(values)
		}
	}
	if values, ok := c.own[key]; ok {
		return policy.Many(values)
	}
	return policy.Many(call.Conditions[key])
}

func (c *conditions) resourceTag(name string) policy.Values {
	if c.target != nil {
		return tagValueOf(c.target.Tags, name)
	}
	return tagValueOf(c.tagged, name)
}

// boundaryKeyed are the actions for which iam:PermissionsBoundary is the one
// that the user or role has. When one is made or set it is the one asked for.
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html
var boundaryKeyed = map[string]bool{
	"iam:AttachUserPolicy": true, "iam:DetachUserPolicy": true, "iam:PutUserPolicy": true, "iam:DeleteUserPolicy": true, "iam:DeleteUserPermissionsBoundary": true,
	"iam:AttachRolePolicy": true, "iam:DetachRolePolicy": true, "iam:PutRolePolicy": true, "iam:DeleteRolePolicy": true, "iam:DeleteRolePermissionsBoundary": true,
}

// principalTag: the tags of a session win over those of the role or user behind it.
func (c *conditions) principalTag(name string) policy.Values {
	if session := c.call.Caller.Session; session != nil {
		for key, value := range session.Tags {
			if strings.EqualFold(key, name) {
				return policy.One(value)
			}
		}
	}
	if c.caller == nil {
		return policy.Values{}
	}
	return tagValueOf(c.caller.Tags, name)
}

func tagValueOf(tags []tag, name string) policy.Values {
	for _, t := range tags {
		if strings.EqualFold(t.Key, name) {
			return policy.One(t.Value)
		}
	}
	return policy.Values{}
}

func present(value string) policy.Values {
	if value == "" {
		return policy.Values{}
	}
	return policy.One(value)
}

func addr(a netip.Addr) string {
	if !a.IsValid() {
		return ""
	}
	return a.String()
}

func principalType(c *access.Caller) string {
	switch {
	case c.Kind == access.Root:
		return "Account"
	case c.Kind == access.User:
		return "User"
	case c.Kind == access.Session && c.Session != nil && c.Session.Federated:
		return "FederatedUser"
	case c.Kind == access.Session:
		return "AssumedRole"
	case c.Kind == access.Anonymous:
		return "Anonymous"
	}
	return ""
}
