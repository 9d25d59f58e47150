// compound: [{"fmt", "attStmt"}, ...], the statements that the behaviour lists.
#include "rp/sandbox/authenticator/cbor.h"
#include "rp/sandbox/authenticator/statement.h"

namespace tegata::sandbox::authenticator {

Bytes make_compound(const StatementInput& input) {
  const Lie lie = input.behaviour.lie;
  std::vector<AttestationChoice> choices = input.behaviour.compound;
  if (lie == Lie::compound_one) choices.resize(1);
  const bool one_more = lie == Lie::compound_nested || lie == Lie::compound_unknown;
  CborWriter statement;
  statement.array(choices.size() + (one_more ? 1 : 0));
  for (const AttestationChoice choice : choices) {
    statement.map(2).text("fmt").text(format_name(choice)).text("attStmt").raw(make_statement(choice, input));
  }
  if (lie == Lie::compound_nested) statement.map(2).text("fmt").text("compound").text("attStmt").map(0);
  if (lie == Lie::compound_unknown) statement.map(2).text("fmt").text("unknown").text("attStmt").map(0);
  return statement.out();
}

}  // namespace tegata::sandbox::authenticator
