package policy

import (
	"fmt"
	"strings"
)

// Caller is the sort of principal that asks. The zero value is Anonymous.
type Caller uint8

const (
	// Anonymous has proved nothing.
	Anonymous Caller = iota
	// Root is an account's own credentials.
	Root
	// User is an IAM user.
	User
	// Role is a role itself, without a session: for simulations.
	Role
	// RoleSession is an assumed role.
	RoleSession
	// FederatedUser is a session of sts:GetFederationToken.
	FederatedUser
	// Federated is an identity provider, whose token stands for the caller while
	// a role is being assumed.
	Federated
	// Service is an AWS service, such as lambda.amazonaws.com.
	Service
)

// Principal is who asks, proved by somebody else.
type Principal struct {
	Caller  Caller
	Account string // 12 digits; "" for Anonymous, Service and most of Federated
	// ARN is that of the principal, of a session for a session. For Service and
	// Federated it is the name that policies use: lambda.amazonaws.com, the ARN
	// of a provider, cognito-identity.amazonaws.com.
	ARN string
	// Issuer is the ARN of the role behind a RoleSession, or of the user behind a
	// FederatedUser. When it is "" a role is known by its name, as the session's
	// ARN has it, and the user behind a federated user by none.
	Issuer string
	// ID is aws:userid: AIDA..., AROA...:session. Policies that were stored with
	// the unique id of a user or role match by it.
	ID string
}

// isSession reports whether policies can name this very session.
func (p *Principal) isSession() bool { return p.Caller == RoleSession || p.Caller == FederatedUser }

// ParsePrincipal reads what stands for a principal in a text: * for anonymous,
// an ARN, the number of an account for its root, or the name of a service.
func ParsePrincipal(text string) (Principal, error) {
	switch {
	case text == "*":
		return Principal{}, nil
	case isAccount(text):
		return Principal{Caller: Root, Account: text, ARN: "arn:aws:iam::" + text + ":root"}, nil
	case isHost(text):
		if federatedHosts[text] {
			return Principal{Caller: Federated, ARN: text}, nil
		}
		return Principal{Caller: Service, ARN: text}, nil
	}
	n := splitARN(text)
	p := Principal{Account: n.parts[partAccount], ARN: text}
	sort, rest, _ := strings.Cut(n.parts[partResource], "/")
	switch service := n.parts[partService]; {
	case !n.isARN || !isAccount(p.Account) || strings.ContainsAny(text, "*?"):
		return Principal{}, fmt.Errorf("%s is no principal: give * for anonymous, an ARN, an account or a service's name", quote(text))
	case service == "iam" && n.parts[partResource] == "root":
		p.Caller = Root
	case rest == "":
	case service == "iam" && sort == "user":
		p.Caller = User
	case service == "iam" && sort == "role":
		p.Caller = Role
	case service == "iam" && (sort == "oidc-provider" || sort == "saml-provider"):
		p.Caller = Federated
	case service == "sts" && sort == "assumed-role" && strings.Contains(rest, "/"):
		p.Caller = RoleSession
	case service == "sts" && sort == "federated-user":
		p.Caller = FederatedUser
	}
	if p.Caller == Anonymous {
		return Principal{}, fmt.Errorf("%s is no principal that can ask: a root, user, role, role session, federated user or identity provider can", quote(text))
	}
	return p, nil
}

// federatedHosts are the providers that policies name by host, not by ARN.
var federatedHosts = map[string]bool{"cognito-identity.amazonaws.com": true, "accounts.google.com": true, "graph.facebook.com": true, "www.amazon.com": true}

func isHost(text string) bool {
	return strings.Contains(text, ".") && !strings.ContainsAny(text, "/:*? ")
}

// grant is how a Principal element came to name the caller, from the weakest.
type grant uint8

const (
	notNamed  grant = iota
	byAccount       // their account: it decides by its own policies
	byIssuer        // the role or user behind the session
	byName          // themselves, or everybody
)

type principalSort uint8

const (
	sortEverybody principalSort = iota // Principal: "*"
	sortAWS
	sortService
	sortFederated
	sortCanonical
)

// principalMatch is one value of a Principal element.
type principalMatch struct {
	text     string
	sort     principalSort
	wildcard bool
	trust    bool   // in a trust policy AWS: * is every AWS principal and no other
	account  string // when the value names a whole account
	role     name   // when it names a role
	isRole   bool
	id       string // a unique id
}

func compilePrincipal(sort, text string, kind Kind) principalMatch {
	m := principalMatch{text: text, wildcard: text == "*", trust: kind == Trust}
	switch sort {
	case "":
		if !m.wildcard {
			m.sort = sortAWS
		}
	case "AWS":
		m.sort = sortAWS
	case "Service":
		m.sort = sortService
	case "Federated":
		m.sort = sortFederated
	case "CanonicalUser":
		m.sort = sortCanonical
	}
	if m.sort != sortAWS {
		return m
	}
	n := splitARN(text)
	switch {
	case isAccount(text):
		m.account = text
	case n.isARN && n.parts[partService] == "iam" && n.parts[partResource] == "root":
		m.account = n.parts[partAccount]
	case n.isARN && n.parts[partService] == "iam" && strings.HasPrefix(n.parts[partResource], "role/"):
		m.role, m.isRole = n, true
	case isUniqueID(text):
		m.id = text
	}
	return m
}

// names says how the value names the caller, if it does.
func (m *principalMatch) names(p *Principal) grant {
	switch m.sort {
	case sortEverybody:
		return byName
	case sortService:
		return namedIf(p.Caller == Service && (m.wildcard || m.text == p.ARN))
	case sortFederated:
		return namedIf(p.Caller == Federated && (m.wildcard || m.text == p.ARN))
	case sortCanonical:
		return notNamed
	}
	if m.wildcard {
		return namedIf(!m.trust || p.Caller != Service && p.Caller != Federated)
	}
	switch p.Caller {
	case Anonymous, Service, Federated:
		return notNamed
	}
	switch {
	case m.account != "":
		if m.account != p.Account {
			return notNamed
		}
		if p.Caller == Root {
			return byName
		}
		return byAccount
	case m.id != "":
		return m.byID(p)
	case m.isRole:
		return m.byRole(p)
	case m.text == p.ARN:
		return byName
	case p.Caller == FederatedUser && p.Issuer != "" && m.text == p.Issuer:
		return byIssuer
	}
	return notNamed
}

// byRole: who acts in a role is limited by its boundary and session policy even
// when a resource policy names the role.
func (m *principalMatch) byRole(p *Principal) grant {
	switch {
	case p.Caller == Role && m.text == p.ARN:
		return byIssuer
	case p.Caller != RoleSession:
		return notNamed
	case p.Issuer != "":
		if m.text == p.Issuer {
			return byIssuer
		}
		return notNamed
	}
	session, ok := strings.CutPrefix(resourceOf(p.ARN), "assumed-role/")
	role, _, ok2 := strings.Cut(session, "/")
	path := m.role.parts[partResource]
	if ok && ok2 && m.role.parts[partAccount] == p.Account && partitionOf(p.ARN) == m.role.parts[partPartition] && path[strings.LastIndexByte(path, '/')+1:] == role {
		return byIssuer
	}
	return notNamed
}

func (m *principalMatch) byID(p *Principal) grant {
	id, _, session := strings.Cut(p.ID, ":")
	switch {
	case m.id != id:
		return notNamed
	case session || p.Caller == Role:
		return byIssuer
	}
	return byName
}

func namedIf(named bool) grant {
	if named {
		return byName
	}
	return notNamed
}

func resourceOf(arn string) string {
	n := splitARN(arn)
	return n.parts[partResource]
}

func partitionOf(arn string) string {
	n := splitARN(arn)
	return n.parts[partPartition]
}

// isUniqueID: AIDA and AROA, as AWS stores users and roles in policies.
func isUniqueID(text string) bool {
	if len(text) < 16 || !strings.HasPrefix(text, "AIDA") && !strings.HasPrefix(text, "AROA") {
		return false
	}
	for i := range len(text) {
		if c := text[i]; !('A' <= c && c <= 'Z' || '0' <= c && c <= '9') {
			return false
		}
	}
	return true
}

// validPrincipal is the form of a value in a Principal element. There are no
// wildcards in part of one, and a group is none.
func validPrincipal(sort, text string) bool {
	if text == "*" {
		return sort != "CanonicalUser"
	}
	if text == "" || strings.ContainsAny(text, "*?") {
		return false
	}
	if sort != "AWS" {
		return true
	}
	if isAccount(text) || isUniqueID(text) {
		return true
	}
	n := splitARN(text)
	resource := n.parts[partResource]
	if n.isARN && n.parts[partAccount] == "cloudfront" {
		return strings.HasPrefix(resource, "user/") // an origin access identity
	}
	if !n.isARN || !isAccount(n.parts[partAccount]) {
		return false
	}
	_, rest, _ := strings.Cut(resource, "/")
	switch n.parts[partService] {
	case "iam":
		return resource == "root" || rest != "" && (strings.HasPrefix(resource, "user/") || strings.HasPrefix(resource, "role/"))
	case "sts":
		return strings.HasPrefix(resource, "assumed-role/") && strings.Contains(rest, "/") || strings.HasPrefix(resource, "federated-user/") && rest != ""
	}
	return false
}
