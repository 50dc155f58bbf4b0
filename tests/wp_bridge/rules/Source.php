<?php

/**
 * A PHP file as tokens without spaces and comments, by PHP's own tokenizer.
 */

declare(strict_types=1);

final class Source
{
	public string $path;

	public string $text;

	/** @var array<int, PhpToken> */
	public array $tokens = array();

	public function __construct(string $path, string $text)
	{
		$this->path = $path;
		$this->text = $text;
		foreach (PhpToken::tokenize($text) as $token) {
			if (!$token->isIgnorable() || $token->is(T_OPEN_TAG)) {
				$this->tokens[] = $token;
			}
		}
	}

	public function at(int $place): string
	{
		return isset($this->tokens[$place]) ? $this->tokens[$place]->text : '';
	}

	/** @return array<int, array{0: string, 1: int}> functions called by name, with their lines */
	public function calls(): array
	{
		$calls = array();
		foreach ($this->tokens as $place => $token) {
			$isName = $token->is(array(T_STRING, T_NAME_FULLY_QUALIFIED, T_EVAL));
			$owned = in_array($this->at($place - 1), array('->', '::', 'function', 'new', '?->'), true);
			if ($isName && $this->at($place + 1) === '(' && !$owned) {
				$calls[] = array(strtolower(ltrim($token->text, '\\')), $token->line);
			}
		}
		return $calls;
	}

	/** Place of the bracket that closes the one at $place. */
	public function closing(int $place): int
	{
		$pairs = array('(' => ')', '{' => '}', '[' => ']');
		$open = $this->at($place);
		$depth = 0;
		for ($here = $place; $here < count($this->tokens); $here++) {
			$text = $this->at($here);
			$depth += $text === $open || ($open === '{' && $text === '${') ? 1 : 0;
			$depth -= $text === $pairs[$open] ? 1 : 0;
			if ($depth === 0) {
				return $here;
			}
		}
		return count($this->tokens);
	}
}
