# The authority is made once, and kept in a Secret of its own that no role reads.
cd "${WORK:-/work}"
authority=${AUTHORITY:-/authority}
if [ -e "$authority/ca.key" ]; then cp "$authority/ca.crt" "$authority/ca.key" .; else uptimeping pki init --dir . >&2; fi
secret() {
  printf -- '---\napiVersion: v1\nkind: Secret\nmetadata:\n  name: %s\ntype: Opaque\ndata:\n' "$1"
  shift
  while [ $# -gt 0 ]; do printf '  %s: %s\n' "$1" "$(base64 -w0 <"$2")"; shift 2; done
}
{
  secret "$RELEASE-pki" ca.crt ca.crt ca.key ca.key
  for role in $ROLES; do
    uptimeping pki issue --dir . --role "$role" --host "$RELEASE-$role" --name "$role" --days 365 >&2
    secret "$RELEASE-tls-$role" ca.crt ca.crt tls.crt "$role.crt" tls.key "$role.key"
  done
} >secrets.yaml
