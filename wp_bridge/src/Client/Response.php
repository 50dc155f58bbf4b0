<?php

/**
 * What the server answered, as a value.
 */

declare(strict_types=1);

namespace Keydesk\Bridge\Client;

final class Response
{
	private int $status;

	/** @var array<string, string> */
	private array $headers = array();

	private string $body;

	/** @param array<string, string> $headers */
	public function __construct(int $status, array $headers, string $body)
	{
		$this->status = $status;
		$this->body = $body;
		foreach ($headers as $name => $value) {
			$this->headers[strtolower((string) $name)] = $value;
		}
	}

	public function status(): int
	{
		return $this->status;
	}

	public function header(string $name): string
	{
		return $this->headers[strtolower($name)] ?? '';
	}

	public function body(): string
	{
		return $this->body;
	}

	/** @return array<string, mixed>|null null when the body is not a JSON object. */
	public function json(): ?array
	{
		if ($this->body === '') {
			return array();
		}
		$data = json_decode($this->body, true, 32, JSON_BIGINT_AS_STRING);
		return is_array($data) && ltrim($this->body)[0] === '{' ? $data : null;
	}
}
