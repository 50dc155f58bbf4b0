<?php

/**
 * What an act came to: a status, data for the script, and a tab with a notice for the page.
 */

declare(strict_types=1);

namespace Keydesk\Bridge\Admin;

final class Answer
{
	private int $status;

	/** @var array<string, mixed> */
	private array $data;

	private string $tab = '';

	/** @var array<string, string> */
	private array $arguments = array();

	private bool $isAnew = false;

	/** @param array<string, mixed> $data */
	private function __construct(int $status, array $data)
	{
		$this->status = $status;
		$this->data = $data;
	}

	/** @param array<string, mixed> $data */
	public static function good(string $notice = '', array $data = array(), int $status = 200): self
	{
		return new self($status, $data + array('notice' => $notice));
	}

	/** Nothing was done: the person has to say something first. */
	public static function question(string $text): self
	{
		return new self(200, array('notice' => $text, 'kind' => 'warning'));
	}

	/** @param array<string, string> $errors by field */
	public static function bad(int $status, string $code, string $message, array $errors = array(), array $more = array()): self
	{
		return new self($status, array('code' => $code, 'message' => $message, 'errors' => $errors) + $more);
	}

	/** @param array<string, string> $arguments */
	public function leadingTo(string $tab, array $arguments = array()): self
	{
		$copy = clone $this;
		$copy->tab = $tab;
		$copy->arguments = $arguments;
		return $copy;
	}

	/** A refusal after which the screen is another one: a script leaves for it instead of staying with its form. */
	public function anew(): self
	{
		$copy = clone $this;
		$copy->isAnew = true;
		return $copy;
	}

	public function isAnew(): bool
	{
		return $this->isAnew;
	}

	public function status(): int
	{
		return $this->status;
	}

	public function isGood(): bool
	{
		return $this->status < 400;
	}

	/** @return array<string, mixed> */
	public function data(): array
	{
		return $this->data;
	}

	public function tab(): string
	{
		return $this->tab;
	}

	/** @return array<string, string> */
	public function arguments(): array
	{
		return $this->arguments;
	}
}
