<?php

/**
 * Exactly what would be sent along, part by part, each with its switch.
 */

defined('ABSPATH') || exit;

?>
<input type="hidden" name="preview" value="<?php echo esc_attr($view['id']); ?>">
<?php if ($view['removed'] > 0) : ?>
	<p class="kd-soft">
		<?php
		/* translators: %s: number of passages */
		echo esc_html(sprintf(_n('%s private passage was removed.', '%s private passages were removed.', $view['removed'], 'keydesk-bridge'), number_format_i18n($view['removed'])));
		?>
	</p>
<?php endif; ?>
<div class="kd-sent" role="group" aria-labelledby="kd-along">
	<?php foreach ($view['titles'] as $section => $title) : ?>
		<?php $rows = $view['sections'][$section] ?? array(); ?>
		<?php if ($rows !== array()) : ?>
			<div>
				<label><input type="checkbox" name="sections[]" value="<?php echo esc_attr($section); ?>"<?php if ($section !== 'errors') : ?> checked<?php endif; ?>> <?php echo esc_html($title); ?></label>
				<details>
					<summary>
						<span class="screen-reader-text"><?php echo esc_html($title); ?>:</span>
						<?php
						/* translators: %s: number of facts */
						echo esc_html(sprintf(_n('%s fact', '%s facts', count($rows), 'keydesk-bridge'), number_format_i18n(count($rows))));
						?>
					</summary>
					<dl>
						<?php foreach ($rows as $name => $value) : ?>
							<dt><?php echo esc_html((string) $name); ?></dt><dd dir="auto"><?php echo esc_html(is_scalar($value) ? (string) $value : (string) wp_json_encode($value)); ?></dd>
						<?php endforeach; ?>
					</dl>
				</details>
			</div>
		<?php endif; ?>
	<?php endforeach; ?>
</div>
