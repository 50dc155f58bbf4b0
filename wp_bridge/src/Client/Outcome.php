<?php

/**
 * How a call ended: done, refused with a code, or no answer that counts.
 */

declare(strict_types=1);

namespace Keydesk\Bridge\Client;

final class Outcome
{
	private string $kind;

	private int $status;

	private string $code;

	/** @var array<string, mixed> */
	private array $data;

	/** @param array<string, mixed> $data */
	private function __construct(string $kind, int $status, string $code, array $data)
	{
		$this->kind = $kind;
		$this->status = $status;
		$this->code = $code;
		$this->data = $data;
	}

	/** @param array<string, mixed> $data */
	public static function done(int $status, array $data): self
	{
		return new self('done', $status, '', $data);
	}

	/** @param array<string, mixed> $data the problem's own fields */
	public static function refused(int $status, array $data): self
	{
		$code = is_string($data['code'] ?? null) ? $data['code'] : 'http_' . $status;
		return new self('refused', $status, $code, $data);
	}

	public static function unreachable(string $reason): self
	{
		return new self('unreachable', 0, $reason, array());
	}

	public function isDone(): bool
	{
		return $this->kind === 'done';
	}

	public function isRefused(): bool
	{
		return $this->kind === 'refused';
	}

	public function status(): int
	{
		return $this->status;
	}

	/** The server's problem code, or why there was no answer; empty when done. */
	public function code(): string
	{
		return $this->code;
	}

	/** @return array<string, mixed> */
	public function data(): array
	{
		return $this->data;
	}

	public function text(string $field): string
	{
		return is_scalar($this->data[$field] ?? null) ? (string) $this->data[$field] : '';
	}

	/** @return array<int|string, mixed> */
	public function list(string $field): array
	{
		return is_array($this->data[$field] ?? null) ? $this->data[$field] : array();
	}
}
