<?php

/**
 * The license of this site: its state in words, what belongs to it, what can be done.
 */

defined('ABSPATH') || exit;

$html = $view['html'];
$license = $view['license'];
$states = $view['words']->states();
$seats = is_array($license['seats'] ?? null) ? $license['seats'] : array();
$plan = is_array($license['plan'] ?? null) ? (string) ($license['plan']['name'] ?? '') : '';
$expired = $view['state'] === 'expired';
$manage = is_string($license['manage_url'] ?? null) ? $license['manage_url'] : '';
?>
<section>
	<table class="form-table" role="presentation">
		<tr>
			<th scope="row"><?php esc_html_e('License', 'keydesk-bridge'); ?></th>
			<td>
				<strong class="<?php echo esc_attr($view['checked'] ? 'kd-on' : 'kd-off'); ?>"><?php echo esc_html($view['named'] !== '' ? $view['named'] : ($states[$view['state']] ?? $view['state'])); ?></strong>
				<code class="kd-break"><?php echo esc_html((string) ($license['key_hint'] ?? '')); ?></code>
				<?php if ($view['test']) : ?>
					<strong class="kd-test"><?php esc_html_e('Test', 'keydesk-bridge'); ?></strong>
					<p class="description"><?php esc_html_e('This license comes from the test shop; no money was paid for it.', 'keydesk-bridge'); ?></p>
				<?php endif; ?>
				<?php if ($view['stopped'] !== '') : ?>
					<p class="description"><?php echo esc_html($view['stopped']); ?></p>
				<?php endif; ?>
				<?php if ($view['explained'] !== '') : ?>
					<p class="description"><?php echo esc_html($view['explained']); ?></p>
				<?php endif; ?>
				<?php if ($view['renew'] !== '' && $manage !== '') : ?>
					<p><?php echo $html->outside($view['renew'], $manage); ?></p>
				<?php endif; ?>
				<?php if ($view['state'] === 'suspended' || $view['state'] === 'revoked') : ?>
					<p><?php echo $html->link(__('Ask us', 'keydesk-bridge'), 'contact'); ?></p>
				<?php endif; ?>
			</td>
		</tr>
		<?php if ($plan !== '') : ?>
			<tr><th scope="row"><?php esc_html_e('Plan', 'keydesk-bridge'); ?></th><td><?php echo esc_html($plan); ?></td></tr>
		<?php endif; ?>
		<tr>
			<th scope="row"><?php esc_html_e('Term', 'keydesk-bridge'); ?></th>
			<td><?php echo esc_html($view['term']); ?></td>
		</tr>
		<tr>
			<th scope="row"><?php esc_html_e('Sites', 'keydesk-bridge'); ?></th>
			<td>
				<?php if (isset($seats['used'], $seats['limit'])) : ?>
					<?php
					/* translators: 1: number of web sites in use, 2: number allowed */
					echo esc_html(sprintf(__('%1$s of %2$s in use', 'keydesk-bridge'), number_format_i18n((int) $seats['used']), number_format_i18n((int) $seats['limit'])));
					?>
				<?php elseif (isset($seats['used'])) : ?>
					<?php
					/* translators: %s: number of web sites */
					echo esc_html(sprintf(__('%s in use, any number allowed', 'keydesk-bridge'), number_format_i18n((int) $seats['used'])));
					?>
				<?php endif; ?>
				<p class="description kd-break">
					<?php
					/* translators: %s: address of this web site */
					echo esc_html(sprintf(__('This site: %s.', 'keydesk-bridge'), $view['site']));
					?>
					<?php esc_html_e('A staging or test copy takes no place.', 'keydesk-bridge'); ?>
				</p>
			</td>
		</tr>
	</table>
	<?php if ($manage !== '' && $view['renew'] === '') : ?>
		<p><?php echo $html->outside(__('Manage license', 'keydesk-bridge'), $manage); ?></p>
	<?php endif; ?>
	<?php if ($view['sure'] === 'release') : ?>
		<h2><?php esc_html_e('Release this site?', 'keydesk-bridge'); ?></h2>
		<p>
			<?php esc_html_e('Releasing frees the place for another site. What you have made stays; premium functions stop here.', 'keydesk-bridge'); ?>
			<?php esc_html_e('To activate it again you need the license key or a link by mail.', 'keydesk-bridge'); ?>
		</p>
		<div class="kd-foot">
			<?php echo $html->open('release'); ?><button class="button button-primary"><?php esc_html_e('Yes, release this site', 'keydesk-bridge'); ?></button></form>
			<?php echo $html->link(__('No, keep it', 'keydesk-bridge'), 'license'); ?>
		</div>
	<?php else : ?>
		<div class="kd-foot">
			<?php echo $html->open('refresh'); ?><button class="button<?php echo esc_attr($expired ? ' button-primary' : ''); ?>"><?php echo esc_html($expired ? __('I have renewed: check now', 'keydesk-bridge') : __('Check again', 'keydesk-bridge')); ?></button></form>
			<?php echo $html->link(__('Release this site', 'keydesk-bridge'), 'license', array('sure' => 'release'), 'button'); ?>
			<?php echo $html->open('transfer'); ?><button class="button"><?php esc_html_e('Move this license to another site', 'keydesk-bridge'); ?></button></form>
		</div>
	<?php endif; ?>
</section>
<?php if ($view['checks'] !== array()) : ?>
	<section>
		<h2><?php esc_html_e('Last checks', 'keydesk-bridge'); ?></h2>
		<table class="widefat striped">
			<thead><tr><th scope="col"><?php esc_html_e('When', 'keydesk-bridge'); ?></th><th scope="col"><?php esc_html_e('Result', 'keydesk-bridge'); ?></th></tr></thead>
			<tbody>
				<?php foreach ($view['checks'] as $place => $check) : ?>
					<tr>
						<td><?php echo $html->time((int) $check['t']); ?></td>
						<td>
							<?php if ($check['was'] === 'done') : ?>
								<?php if ($place === 0 && $check['word'] === 'active' && $view['good_until'] > (int) $check['t']) : ?>
									<?php
									/* translators: %s: a date */
									echo esc_html(sprintf(__('Active, good without another check until %s', 'keydesk-bridge'), $html->day($view['good_until'])));
									?>
								<?php else : ?>
									<?php echo esc_html($states[$check['word']] ?? $check['word']); ?>
								<?php endif; ?>
							<?php elseif ($check['was'] === 'refused') : ?>
								<?php
								/* translators: %s: a short technical code */
								echo esc_html(sprintf(__('The server refused the check (%s); nothing changed on this site', 'keydesk-bridge'), $check['word']));
								?>
							<?php else : ?>
								<?php esc_html_e('The server did not answer; nothing changed on this site', 'keydesk-bridge'); ?>
							<?php endif; ?>
						</td>
					</tr>
				<?php endforeach; ?>
			</tbody>
		</table>
	</section>
<?php endif; ?>
