// Package account is the account that a deployment is: its access keys, who
// they belong to, and what their owners may do (iam, sts).
//
//	access key id -> Keys.Key -> secret + Caller        (proved by package sigv4)
//	Caller + action + resource -> Authorize -> Verdict   (nobody but root may do anything)
package account
