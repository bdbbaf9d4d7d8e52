{{- define "uptimeping.fullname" -}}
{{- if contains "uptimeping" .Release.Name }}{{ .Release.Name | trunc 40 | trimSuffix "-" }}{{ else }}{{ printf "%s-uptimeping" .Release.Name | trunc 40 | trimSuffix "-" }}{{ end }}
{{- end }}

{{/* Of (dict "root" $ "component" "core"). */}}
{{- define "uptimeping.selector" -}}
app.kubernetes.io/name: uptimeping
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{- define "uptimeping.labels" -}}
{{ include "uptimeping.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ .root.Chart.Name }}-{{ .root.Chart.Version }}
{{- end }}

{{/* Name and labels of an object, of (dict "root" $ "component" "core"). */}}
{{- define "uptimeping.metadata" -}}
name: {{ include "uptimeping.fullname" .root }}-{{ .component }}
labels:
  {{- include "uptimeping.labels" . | nindent 2 }}
{{- end }}

{{- define "uptimeping.image" -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end }}

{{- define "uptimeping.secretName" -}}
{{ .Values.existingSecret | default (include "uptimeping.fullname" .) }}
{{- end }}

{{/* The broker that the chart runs: rabbitmq, nats or nothing. */}}
{{- define "uptimeping.broker" -}}
{{- if and (ne .Values.queue.kind "postgres") (eq .Values.queue.url "") }}{{ .Values.queue.kind }}{{ end }}
{{- end }}

{{- define "uptimeping.runsRedis" -}}
{{- if and .Values.redis.enabled (eq .Values.redis.url "") }}true{{ end }}
{{- end }}

{{/* The component that serves a store (database, queue, redis); empty when it is elsewhere or there is none. */}}
{{- define "uptimeping.storeComponent" -}}
{{- if eq .store "database" }}{{ if .root.Values.postgresql.enabled }}postgresql{{ end }}
{{- else if eq .store "queue" }}{{ if eq .root.Values.queue.kind "postgres" }}{{ if .root.Values.postgresql.enabled }}postgresql{{ end }}{{ else }}{{ include "uptimeping.broker" .root }}{{ end }}
{{- else if include "uptimeping.runsRedis" .root }}redis{{ end }}
{{- end }}

{{/* Whether a store is there, but not run by the chart. */}}
{{- define "uptimeping.isElsewhere" -}}
{{- $values := .root.Values }}
{{- if eq .store "database" }}{{ if not $values.postgresql.enabled }}true{{ end }}
{{- else if eq .store "queue" }}{{ if and (ne $values.queue.kind "postgres") $values.queue.url }}true{{ end }}
{{- else if and $values.redis.enabled $values.redis.url }}true{{ end }}
{{- end }}

{{- define "uptimeping.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end }}

{{/* Of one user and group, which also owns the volumes. */}}
{{- define "uptimeping.podSecurity" -}}
runAsNonRoot: true
runAsUser: {{ . }}
runAsGroup: {{ . }}
fsGroup: {{ . }}
fsGroupChangePolicy: OnRootMismatch
seccompProfile:
  type: RuntimeDefault
{{- end }}
