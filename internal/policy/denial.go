package policy

// Denial is AWS's sentence for a request that was denied. What a client may
// learn of the cause is which sort of policy it was, never which.
//
// See https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html.
func Denial(r *Request, d Decision) string {
	who := r.Principal.ARN
	if r.Principal.Caller == Anonymous {
		who = "anonymous"
	}
	text := "User: " + who + " is not authorized to perform: " + r.Action
	if r.Resource != "" && r.Resource != "*" {
		text += " on resource: " + r.Resource
	}
	return text + DenialCause(r.Action, d)
}

// DenialCause is the end of that sentence alone, with a blank before it; ""
// when there is no cause to name.
func DenialCause(action string, d Decision) string {
	switch d.Layer {
	case LayerServiceControl, LayerResource, LayerTrust, LayerIdentity, LayerBoundary, LayerSession:
	default:
		return ""
	}
	switch d.Outcome {
	case ExplicitDeny:
		article := "a "
		switch d.Layer {
		case LayerIdentity:
			article = "an "
		case LayerTrust:
			article = "the "
		}
		return " with an explicit deny in " + article + d.Layer.String()
	case ImplicitDeny:
		return " because no " + d.Layer.String() + " allows the " + action + " action"
	}
	return ""
}
