# SPDX-License-Identifier: LGPL-2.1-or-later
# Makes of the .x files a list of the members of each struct: STRUCT(struct), then for each member
# FIELD(struct, member, kind, type) or LIST(struct, member, kind, type), then END(struct). kind is one of FieldKind
# (tools/cli/fields.h); type is the struct of a STRUCT, else NOTHING. Unions and fixed arrays are left out.

BEGIN {
	kinds["int"] = "INT"; kinds["unsigned int"] = "UINT"
	kinds["int64_t"] = "HYPER"; kinds["uint64_t"] = "UHYPER"
	kinds["unsigned char"] = "UCHAR"; kinds["double"] = "DOUBLE"
	kinds["remote_string"] = kinds["reeve_string"] = "TEXT"
	kinds["remote_optional_string"] = "MAYBE_TEXT"
	kinds["remote_uuid"] = "UUID"
}

# Comments go, also those over several lines.
{
	while (match($0, /\/\*[^*]*\*+([^\/*][^*]*\*+)*\//))
		$0 = substr($0, 1, RSTART - 1) substr($0, RSTART + RLENGTH)
	if (comment && !sub(/.*\*\//, ""))
		next
	comment = sub(/\/\*.*/, "")
}

/^enum / { kinds[$2] = "INT" }
/^struct / { struct = $2; kinds[struct] = "STRUCT"; print "STRUCT(" struct ")"; next }
/^}/ { if (struct) print "END(" struct ")"; struct = ""; next }

struct && /;/ {
	sub(/;.*/, "")
	sub(/^[ \t]+/, "")
	name = $NF
	type = $0
	sub(/[ \t]+[^ \t]+$/, "", type)
	many = sub(/<.*/, "", name)
	pointer = sub(/^\*/, "", name)
	kind = type == "opaque" ? "BYTE" : kinds[type]
	if (kind && !pointer && name !~ /\[/)
		printf "%s(%s, %s, %s, %s)\n", many ? "LIST" : "FIELD", struct, name, kind, kind == "STRUCT" ? type : "NOTHING"
}
