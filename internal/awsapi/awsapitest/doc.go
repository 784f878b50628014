// Package awsapitest proves a registration against the real SDK client, which
// is the oracle: AWS generates it from the same model as its servers.
//
//	Prove: client --filled input--> server: did the handler get exactly that?
//	       client <--filled output-- server: did the client read exactly that?
//
// Every operation is driven with everything filled in, with only what is
// required, and with each modelled error; and the SDK's own validator is asked
// which members are required, its signer which operations are public.
package awsapitest
