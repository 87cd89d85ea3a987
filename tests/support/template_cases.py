"""Certificate templates that Go's own rendering and our reading of them are compared on."""

from __future__ import annotations

import base64

LEAF = '"subject": {{ toJson .Subject }}, "sans": {{ toJson .SANs }}'
USAGE = '"keyUsage": ["digitalSignature"], "extKeyUsage": ["serverAuth"]'
WHOLE = f"{{{LEAF}, {USAGE}}}"

TEMPLATES = {
    "whole": WHOLE,
    "whole in base64": base64.b64encode(WHOLE.encode()).decode(),
    "empty": "",
    "spaces around": f"\n  {WHOLE}\n",
    "if with else": f'{{{LEAF}, {{{{- if typeIs "*rsa.PublicKey" .Insecure.CR.PublicKey }}}} "keyUsage": ["keyEncipherment"]'
    f' {{{{- else }}}} "keyUsage": ["digitalSignature"] {{{{- end }}}}}}',
    "else if": f'{{{LEAF}{{{{ if false }}}}, "keyUsage": 1{{{{ else if true }}}}, "keyUsage": ["digitalSignature"]{{{{ end }}}}}}',
    "with": f'{{{LEAF}{{{{ with .Token.sub }}}}, "keyUsage": ["digitalSignature"]{{{{ end }}}}}}',
    "range with commas": '{"subject": {"commonName": "x"}, "dnsNames": [{{ range $i, $e := list "a.example.com" "b.example.com" }}'
    '{{ if $i }}, {{ end }}"{{ $e }}"{{ end }}]}',
    "variables": "{{ $name := .Subject.CommonName }}{{ $name = upper $name }}"
    '{"subject": {"commonName": "{{ $name }}"}}',
    "comment": f"{{{{/* the usual */}}}}{WHOLE}{{{{- /* and no more */ -}}}}",
    "define": '{{ define "cn" }}"commonName": {{ toJson .Subject.CommonName }}{{ end }}{"subject": { {{ template "cn" . }} }}',
    "block": '{"subject": {"commonName": {{ block "cn" . }}"x"{{ end }}}}',
    "raw string": "{" + LEAF + ', {{ `"keyUsage"` }}: [{{ print `"digitalSignature"` }}]}',
    "nested parentheses": '{"subject": {"commonName": {{ printf "%s" (lower (trim .Subject.CommonName)) | toJson }}}}',
    "field of a parenthesis": '{"subject": {"commonName": {{ (.Subject).CommonName | toJson }}}}',
    "escapes": '{"subject": {"commonName": {{ "a\\u0062\\x63" | toJson }}}}',
    "numbers": '{"subject": {"commonName": "{{ add 1 0x10 }}"}, "basicConstraints": {"isCA": false, "maxPathLen": {{ 0 }}}}',
    "braces in a string": '{"subject": {"commonName": "{{ "}}" }}"}}',
    "trim markers": '{"subject": {{- toJson .Subject -}} , "sans": {{- toJson .SANs -}} }',
    "break in a range": '{"subject": {"commonName": "{{ range list 1 2 }}{{ . }}{{ break }}{{ end }}"}}',
    "time": '{"subject": {"commonName": "{{ now | formatTime }}"}}',
    "action that is not closed": '{"subject": {{ toJson .Subject }',
    "unknown function": '{"subject": {{ toJSON .Subject }}}',
    "function that is taken away": '{"subject": {"commonName": "{{ env "HOME" }}"}}',
    "if without end": f'{{{LEAF}{{{{ if true }}}}, "keyUsage": []}}',
    "end without if": f"{{{LEAF}{{{{ end }}}}}}",
    "else without if": f"{{{LEAF}{{{{ else }}}}}}",
    "two else": f"{{{LEAF}{{{{ if true }}}}{{{{ else }}}}{{{{ else }}}}{{{{ end }}}}}}",
    "string that is not closed": '{"subject": {"commonName": "{{ "x }}"}}',
    "character": '{"subject": {"commonName": "{{ \'x\' }}{{ \'\\\\n\' }}"}}',
    "single quotes": '{"subject": {"commonName": "{{ print \'x y\' }}"}}',
    "comment that is not closed": f"{{{{/* the usual }}}}{WHOLE}",
    "unknown variable": '{"subject": {"commonName": "{{ $name }}"}}',
    "variable out of its range": '{"subject": {"commonName": "{{ with $x := 1 }}{{ end }}{{ $x }}"}}',
    "empty action": f"{{{LEAF}{{{{ }}}}}}",
    "pipe out of nothing": '{"subject": {{ | toJson }}}',
    "pipe into a literal": '{"subject": {{ .Subject | "x" }}}',
    "parenthesis that is not closed": '{"subject": {{ toJson (index .SANs 0 }}}',
    "template that is not there": f'{{{LEAF}{{{{ template "usage" }}}}}}',
    "break outside a range": f"{{{LEAF}{{{{ break }}}}}}",
    "bad escape": '{"subject": {"commonName": "{{ regexFind "\\d+" "x1" }}"}}',
    "odd character": '{"subject": {{ toJson .Subject; }}}',
    "no space after a string": '{"subject": {"commonName": "{{ print "a""b" }}"}}',
    "missing comma": f"{{{LEAF} {USAGE}}}",
    "comma too many": f"{{{LEAF}, }}",
    "missing bracket": f'{{{LEAF}, "keyUsage": ["digitalSignature"}}',
    "missing brace": f'{{{LEAF}, "keyUsage": ["digitalSignature"]',
    "text without quotes": '{"subject": {"commonName": leaf}}',
    "text after the document": f"{WHOLE} and more",
    "neither template nor base64": "subject: leaf",
    "base64 of no JSON": base64.b64encode(b"subject: leaf").decode(),
}
