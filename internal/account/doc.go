// Package account is the account that a deployment is: its users, groups and
// roles, their keys and policies, and what each may do (iam, sts).
//
//	access key id (+ session token) -> Keys.Key -> secret + Caller        (proved by package sigv4)
//	Caller + action + resource -> Authorize -> policies of the snapshot -> Verdict   (root: whatever the resource does not deny)
//	AssumeRole -> trust policy + caller's policies -> sealed session token
//	SimulatePrincipalPolicy -> rows of an entity -> the engine that decides, traced -> who would be allowed what
//	ID token or SAML response -> registered provider -> trust policy -> sealed session token
//
// Rows are read into a snapshot with compiled policies, which follows the
// database; nothing that decides waits for it. Users, groups and roles are one
// sort of row, an entity: what they have in common is written once.
//
// The files: account, rootkey and keys are whose keys open what; authorize and
// conditions decide; snapshot follows; entity, user, group, role, accesskey,
// inline, attachment, boundary, tag, managedpolicy, policyversion, lastused,
// alias and servicelinked are IAM, registered in iam; managed is AWS's own
// policies; passrole is who may give a role to a service; simulate, simulation,
// simulationinput and policysource say what policies would decide, details and
// summary what there is, registered in inquiry; absent is what nobody has;
// session is the token, and assume, assumefor, federation and passed make it,
// registered in sts; provider, oidcprovider and samlprovider are identity
// providers; openid, webidentity and webclaims take the word of ID tokens,
// samlmetadata, samlresponse, samlassertion, samlattributes and samlidentity
// that of SAML responses, and federated gives both their session; decode
// explains a refusal; neighbours is what is needed of others; records are the
// rows; valid, document, listing and refusal are the words on the wire; memo
// remembers.
package account
